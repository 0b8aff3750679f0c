"""When the contacts of an import would be called, if all of them were imported now. Pure."""

from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta

from engine.model.campaign import (
    ContactEntry,
    ContactState,
    DueContact,
    NewContact,
    NumberFacts,
)

from .campaign_views import iso
from .eligibility import CallNow, EndAs, WaitUntil, judge
from .policy import CampaignPolicy
from .windows import ALWAYS
from .zones import zones_of

MAX_WINDOWS = 10_000


class PreviewView(msgspec.Struct):
    """When the contacts of an import would be called, without those that are there already."""

    now: Annotated[int, Meta(description="Contacts that might be called at once.")]
    later: Annotated[
        int, Meta(description="Contacts that have to wait for their hours.")
    ]
    never: Annotated[
        dict[str, int], Meta(description="Contacts that never would be, by why.")
    ]
    first_at: Annotated[
        str | None, Meta(description="When the first one may be called.")
    ]
    last_at: Annotated[
        str | None,
        Meta(
            description="When the last one is called at the earliest, at the most calls a "
            "second of its pace, in hours as those of the last line."
        ),
    ]


class ImportPreview:
    """Adds up the contacts of an import for a campaign with *policy* at *now*.

    What is suppressed, and what agents there are, is not known here.
    """

    def __init__(self, policy: CampaignPolicy, now: float) -> None:
        self._policy = policy
        self._now = now
        self._ready = self._later = 0
        self._never: dict[str, int] = {}
        self._first: float | None = None
        self._last_start = now
        self._last: NewContact | None = None

    def add(self, contacts: Iterable[NewContact]) -> None:
        """Add *contacts*."""
        for contact in contacts:
            self._add(contact)

    def _add(self, contact: NewContact) -> None:
        match judge(_candidate(contact), self._policy, self._now).eligibility:
            case EndAs(end):
                self._never[end] = self._never.get(end, 0) + 1
                return
            case WaitUntil(time):
                self._later += 1
            case CallNow() | None:
                self._ready += 1
                time = self._now
        self._first = time if self._first is None else min(self._first, time)
        self._last_start = max(self._last_start, time)
        self._last = contact

    def view(self) -> PreviewView:
        """Return what was added up."""
        return PreviewView(
            now=self._ready,
            later=self._later,
            never=self._never,
            first_at=iso(self._first),
            last_at=iso(self._last_call()),
        )

    def _last_call(self) -> float | None:
        if self._last is None or self._first is None:
            return None
        calls = self._ready + self._later
        work_s = (calls - 1) / self._policy.campaign.pace.calls_per_second
        end = _work_through(self._policy, self._last, self._first, work_s)
        return None if end is None else max(end, self._last_start)


def _work_through(
    policy: CampaignPolicy, contact: NewContact, start: float, work_s: float
) -> float | None:
    """Return when *work_s* seconds within the hours of *contact* are over; None: never."""
    number, time = contact.numbers[0], start
    rules = policy.hours.rules_for(number)
    zones = zones_of(number, given=contact.zone, default=policy.campaign.default_zone)
    for _ in range(MAX_WINDOWS):
        interval = policy.hours.interval(rules, zones, time)
        if interval is None:
            return None
        if interval is ALWAYS:
            return time + work_s
        opens, closes = max(interval[0], time), interval[1]
        if opens + work_s <= closes:
            return opens + work_s
        work_s -= closes - opens
        time = closes
    return None


def _candidate(contact: NewContact) -> DueContact:
    entry = ContactEntry(
        id=0,
        campaign="",
        key=contact.key,
        numbers=contact.numbers,
        state=ContactState.WAITING,
        due=contact.not_before or 0.0,
        zone=contact.zone,
        region=contact.region,
        not_before=contact.not_before,
        not_after=contact.not_after,
    )
    return DueContact(entry, tuple(NumberFacts(number) for number in contact.numbers))
