"""Predictive dialling: more calls than free agents, as many as the abandoned share allows.

A call to a person is abandoned if no agent is free within the threshold. Before each call it
is asked how probable that is, and the call begins while the answer is at most the *risk*
that may be taken now.

**The forecast.** When a call that begins now is answered by a person, ``h`` seconds from now
(ringing and greeting, on average, and the threshold), persons have come out of the calls that
are being dialled, and agents out of theirs. A call dialled ``a`` seconds ago becomes a person
with the probability ``p(a)``, and an agent busy since ``b`` seconds comes free within ``h``
with ``q(b, h)``: both from life tables (``call_history.py``), which is renewal theory with
measured distributions in place of the exponential ones of Erlang's formulas. Persons ``A``
and freed agents ``D`` are sums of independent trials, Poisson binomial, and their
distributions are computed exactly (Barlow and Heidtmann, IEEE Trans. Reliability 33, 1984).
With ``F`` free agents and ``W`` persons who wait, one more call to a person makes one more
abandoned call if ``A + W - D >= F``: the probability of that is its marginal risk. Samuelson,
"Predictive Dialing for Outbound Telephone Call Centers", Interfaces 29 (1999), dials by such
a simulation of the next seconds.

**The control.** No forecast is right: people answer less at noon, agents take breaks. So the
risk taken follows from what was measured over the window. Each call to a person earns a
credit of ``AIM`` x target, each abandoned call costs 1, and the risk is proportional to what
is left of the credit beyond 1, zero without any. This is adaptive conformal inference (Gibbs and Candès, NeurIPS
2021), itself the stochastic approximation of Robbins and Monro (1951): whatever the forecast
is worth, abandoned calls cannot outrun ``AIM`` x target x persons by more than those that
were dialled when the credit ended. A campaign begins without credit, so as a progressive one,
and goes back to it when the credit is used up, or at the latest when the measured share is
the target.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from .call_history import CallHistory

AIM = 0.9
"""Share of the target that is aimed at: what is in the air when it is reached needs the rest."""
RISK_OF_CREDIT = 0.03
"""Probability of being abandoned that a call may have for each abandoned call in credit."""
MOST_RISK = 0.6
NEGLIGIBLE = 1e-9  # probability of counts that are left out


@dataclass(frozen=True, slots=True)
class AbandonedShare:
    """What was measured over the window: calls answered by persons, and those abandoned."""

    persons: int = 0
    """All of them, with those that were abandoned."""
    abandoned: int = 0

    def is_reached(self, target: float) -> bool:
        """Whether the abandoned share is *target* or more."""
        return self.abandoned > 0 and self.abandoned >= target * self.persons

    def credit(self, target: float) -> float:
        """Return how many more calls may be abandoned, if *target* is aimed at with reserve."""
        return AIM * target * self.persons - self.abandoned


@dataclass(frozen=True, slots=True)
class Forecast:
    """Distributions of the persons who come, and of the agents who come free.

    Each is the probability of 0, 1, 2 and so on; those that are left out never decide.
    """

    persons: list[float]
    freed: list[float]

    def shortage_risk(self, spare: int) -> float:
        """Return the probability that *spare* agents and those freed are all taken."""
        enough = 0.0
        reach = _cumulate(self.persons)
        for freed, chance in enumerate(self.freed):
            taken = spare + freed - 1  # persons for whom one more still finds an agent
            if taken >= 0:
                enough += chance * reach[min(taken, len(reach) - 1)]
        return 1.0 - enough

    def with_call(self, chance: float) -> "Forecast":
        """Return the forecast with one more call, which is a person's with *chance*."""
        return Forecast(_add_trial(self.persons, chance), self.freed)


def allowed_risk(share: AbandonedShare, target: float) -> float:
    """Return the probability of being abandoned that a call may have now.

    One abandoned call is kept in credit, so that the first that comes is paid for.
    """
    if share.is_reached(target):
        return 0.0
    return min(MOST_RISK, RISK_OF_CREDIT * max(0.0, share.credit(target) - 1.0))


def forecast(
    history: CallHistory,
    dialling: Iterable[float],
    busy: Iterable[float],
    threshold_s: float,
) -> Forecast:
    """Return who comes and who comes free until a call that begins now needs an agent.

    *dialling* are seconds since the INVITE of each call that nobody knows yet, *busy* the
    seconds since each busy agent got the call.
    """
    horizon = history.seconds_until_known() + threshold_s
    return Forecast(
        sum_of_trials(history.person_chance(age) for age in dialling),
        sum_of_trials(history.free_chance(age, horizon) for age in busy),
    )


def count_calls(
    outlook: Forecast, spare: int, chance: float, risk: float, *, most: int = 1000
) -> int:
    """Return how many calls, each a person's with *chance*, keep within *risk*.

    *spare* are the free agents without those that persons wait for; it may be negative. No
    more than *most* are counted.
    """
    calls = 0
    while calls < most and outlook.shortage_risk(spare) < risk:
        outlook = outlook.with_call(chance)
        calls += 1
    return calls


def sum_of_trials(chances: Iterable[float]) -> list[float]:
    """Return the distribution of the sum of independent trials with these *chances*."""
    distribution = [1.0]
    for chance in chances:
        distribution = _add_trial(distribution, chance)
    return distribution


def _add_trial(distribution: list[float], chance: float) -> list[float]:
    rest = 1.0 - chance
    added = [weight * rest for weight in distribution]
    added.append(0.0)
    for count, weight in enumerate(distribution, 1):
        added[count] += weight * chance
    while added[-1] < NEGLIGIBLE:
        added.pop()
    return added


def _cumulate(distribution: list[float]) -> list[float]:
    total = 0.0
    reach = []
    for weight in distribution:
        total += weight
        reach.append(total)
    return reach
