"""How many calls of a campaign may begin now: pure rules, which get time as an argument.

They know the agents and the calls as numbers, and what was learnt of the calls before; never
a contact, a number or a database. Whoever places the calls asks once a second or so.
"""

from .breaker import BreakerState, CircuitBreaker, counts_as_failure
from .call_history import CallHistory
from .pace import PaceFacts, PaceStep, pace_step
from .predictive import AbandonedShare

__all__ = [
    "AbandonedShare",
    "BreakerState",
    "CallHistory",
    "CircuitBreaker",
    "PaceFacts",
    "PaceStep",
    "counts_as_failure",
    "pace_step",
]
