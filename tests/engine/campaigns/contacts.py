"""Contacts and policies in a few words."""

from datetime import datetime
from typing import Any

from engine.campaigns.policy import CampaignPolicy
from engine.model.campaign import ContactEntry, ContactState, DueContact, NumberFacts
from engine.platform.campaign_objects import CallerIdPool, Campaign, WindowRule
from engine.platform.campaign_options import Window

BERLIN, NEW_YORK = "+4930123456", "+12125550100"


def at(text: str) -> float:
    """Seconds since 1970 of *text*, a time in ISO 8601 with its offset."""
    return datetime.fromisoformat(text).timestamp()


NOON = at("2026-12-01T12:00+01:00")
"""It is so in Berlin, and 06:00 in New York."""


def contact(*numbers: str, **fields: Any) -> ContactEntry:
    """A contact that was never called."""
    of = {"id": 1, "campaign": "spring", "key": "a", "state": ContactState.WAITING}
    return ContactEntry(**{**of, "numbers": numbers or (BERLIN,), "due": 0.0, **fields})


def candidate(*numbers: str, facts: Any = (), **fields: Any) -> DueContact:
    """A contact with what is known of its *numbers*, which is nothing but *facts*."""
    entry = contact(*numbers, **fields)
    known = {fact.number: fact for fact in facts}
    return DueContact(
        entry, tuple(known.get(number, NumberFacts(number)) for number in entry.numbers)
    )


def policy(
    *rules: WindowRule, pool: CallerIdPool | None = None, **options: Any
) -> CampaignPolicy:
    """The policy of a campaign from 08:00 to 21:00."""
    named = {"id": "spring", "application": "spring", "windows": (Window(),)}
    return CampaignPolicy.of(Campaign(**{**named, **options}), rules, pool)


def window_rule(prefix: str, opens: str, closes: str, **fields: Any) -> WindowRule:
    """The hours of a jurisdiction."""
    return WindowRule(
        id=f"rule{prefix[1:]}",
        prefixes=(prefix,),
        windows=(Window(opens=opens, closes=closes),),
        source="47 CFR 64.1200(c)(1)",
        as_of="2026-11-30",
        **fields,
    )
