"""Campaigns in the database: their runs, contacts, attempts, lists and agents.

What must be decided in a transaction is a function that its caller gives: this package reads
what it needs, and commits what it has decided. It must never know the rules of a campaign.
"""

from .agent_log import AgentLog
from .attempts import AttemptPlace
from .campaign_log import CampaignLog
from .contact_log import ContactLog
from .contacts import ContactFilter, ImportCounts
from .counts import CampaignCounts, DayCount
from .reservation import ReservationOrder
from .settlement import Settled
from .suppression_lists import SuppressionLists

__all__ = [
    "AgentLog",
    "AttemptPlace",
    "CampaignCounts",
    "CampaignLog",
    "ContactFilter",
    "ContactLog",
    "DayCount",
    "ImportCounts",
    "ReservationOrder",
    "Settled",
    "SuppressionLists",
]
