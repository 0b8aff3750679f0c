"""Campaigns in simulated time, with what must hold of every call looked at in another way.

The model keeps contacts, attempts and lists in memory, has the rules decide as the database
does, and compares each call with clocks, calendars and its own books.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import count

import phonenumbers
from holidays import country_holidays
from phonenumbers.timezone import time_zones_for_number

from engine.campaigns.policy import CampaignPolicy
from engine.campaigns.reservations import decide_reservations
from engine.campaigns.retries import FAILURES, after_outcome
from engine.campaigns.zones import UNKNOWN_ZONE
from engine.model.campaign import (
    AttemptEntry,
    AttemptOutcome,
    CallerIdUse,
    ContactEnd,
    ContactEntry,
    ContactState,
    DueContact,
    NumberFacts,
)
from engine.platform.calendars import load_zone
from engine.platform.campaign_objects import CallerIdPool, Campaign, WindowRule
from engine.platform.campaign_options import DAYS, CallerIdChoice, Retries, Window

DAY_S = 86_400
RULES = (
    WindowRule(
        id="us",
        prefixes=("+1",),
        windows=(Window(opens="08:00", closes="21:00"),),
        max_per_day=3,
        source="47 CFR 64.1200(c)(1)",
        as_of="2026-11-30",
    ),
    WindowRule(
        id="workdays",
        prefixes=("+4930", "+5511"),
        windows=(Window(days=DAYS[:5], opens="09:00", closes="18:30"),),
        max_per_day=2,
        source="made up",
        as_of="2026-11-30",
    ),
)
POOL = CallerIdPool(
    id="main",
    numbers=tuple(f"+1212555{n:04}" for n in range(40)),
    daily_cap=4000,
    rest_after=300,
    rest_s=60,
)
_RETRIES = Retries(
    attempts=4,
    failures=6,
    per_day=2,
    per_week=3,
    after={
        AttemptOutcome.UNKNOWN: (DAY_S,),
        AttemptOutcome.MACHINE: (600.0, 7200.0),
        AttemptOutcome.ABANDONED: (3.0 * DAY_S,),
    },
)
CAMPAIGNS = (
    Campaign(
        id="day",
        application="any",
        windows=(
            Window(days=DAYS[:6], opens="08:00", closes="21:00"),
            Window(days=("sun",), opens="12:00", closes="18:00"),
        ),
        retries=_RETRIES,
        holidays="US",
        default_zone="Europe/Berlin",
        caller_ids="main",
        caller_id_choice=CallerIdChoice.STICKY,
    ),
    # Its hours are those in which clocks are changed.
    Campaign(
        id="night",
        application="any",
        windows=(
            Window(opens="00:15", closes="02:40"),
            Window(days=("sat", "sun"), opens="22:00", closes="24:00"),
            Window(days=("sun", "mon"), opens="00:00", closes="01:30"),
        ),
        retries=_RETRIES,
        caller_ids="main",
        caller_id_choice=CallerIdChoice.ROTATE,
    ),
)


class CampaignModel:
    """Contacts, attempts and lists in memory; every call is looked at."""

    def __init__(self, campaigns: Iterable[Campaign] = CAMPAIGNS) -> None:
        self.policies = {it.id: CampaignPolicy.of(it, RULES, POOL) for it in campaigns}
        self.contacts: dict[int, ContactEntry] = {}
        self.open: dict[str, AttemptEntry] = {}
        self.suppressed: dict[str, float | None] = {}
        self.calls: dict[str, list[float]] = defaultdict(list)
        self.uses: dict[int, dict[str, CallerIdUse]] = defaultdict(dict)
        self.outcomes: dict[int, list[AttemptOutcome]] = defaultdict(list)
        self._call_ids = (f"call-{n}" for n in count(1))

    def add(self, contact: ContactEntry) -> None:
        """Have *contact* wait."""
        self.contacts[contact.id] = contact

    def suppress(self, number: str, until: float | None) -> None:
        """Put *number* on the list of all campaigns."""
        self.suppressed[number] = until

    def reserve(
        self, campaign: str, ids: Sequence[int], now: float
    ) -> list[AttemptEntry]:
        """Decide on the contacts *ids*; return the attempts, of which each may be made."""
        candidates = [self._candidate(self.contacts[it]) for it in ids]
        uses = self.uses[int(now // DAY_S)]
        decision = decide_reservations(
            candidates,
            uses.values(),
            self.policies[campaign],
            now,
            node="n1",
            new_call=self._call_ids.__next__,
        )
        uses |= {use.number: use for use in decision.caller_ids}
        self._check_uses(uses)
        for reservation in decision.reservations:
            if reservation.attempt is not None:
                self._begin(reservation.attempt, now)
            self._keep(reservation.contact, now)
        return [it.attempt for it in decision.reservations if it.attempt is not None]

    def ends(self) -> Counter[ContactEnd | None]:
        """Return how many contacts have ended as what; None: they have not."""
        return Counter(it.end for it in self.contacts.values())

    def settle(self, call: str, outcome: AttemptOutcome, now: float) -> ContactEntry:
        """End the attempt of *call*."""
        attempt = self.open.pop(call)
        self.outcomes[attempt.contact].append(outcome)
        if outcome in (AttemptOutcome.NOT_PLACED, AttemptOutcome.CONGESTION):
            self.calls[attempt.number].remove(attempt.reserved)
        if outcome is AttemptOutcome.OPT_OUT:
            self.suppress(attempt.number, None)
        retries = self.policies[attempt.campaign].campaign.retries
        contact = self.contacts[attempt.contact]
        assert contact.state is ContactState.CALLING
        self._keep(after_outcome(contact, retries, outcome, now), now)
        return self.contacts[attempt.contact]

    def check_invite(self, attempt: AttemptEntry, now: float) -> None:
        """An INVITE of *attempt* leaves: it is so in its hours, in all its zones."""
        contact = self.contacts[attempt.contact]
        campaign = self.policies[attempt.campaign].campaign
        rules = [it for it in RULES if attempt.number.startswith(it.prefixes)]
        zones = _zones(attempt.number, contact, campaign)
        assert zones, attempt
        for zone in zones:
            local = datetime.fromtimestamp(now, load_zone(zone))
            assert _is_within(campaign.windows, local), (attempt, local)
            assert all(_is_within(rule.windows, local) for rule in rules), attempt
            if campaign.holidays:
                assert local.date() not in _US, (attempt, local)
        assert contact.not_after is None or now < contact.not_after
        assert contact.not_before is None or now >= contact.not_before

    def _candidate(self, contact: ContactEntry) -> DueContact:
        return DueContact(contact, tuple(self._facts(it) for it in contact.numbers))

    def _facts(self, number: str) -> NumberFacts:
        calls = tuple(self.calls.get(number, ()))
        if number in self.suppressed:
            return NumberFacts(number, "dnc", self.suppressed[number], calls)
        return NumberFacts(number, calls=calls)

    def _begin(self, attempt: AttemptEntry, now: float) -> None:
        number, contact = attempt.number, self.contacts[attempt.contact]
        assert contact.state is ContactState.WAITING
        assert not self.is_suppressed(number, now)
        retries = self.policies[attempt.campaign].campaign.retries
        before = Counter(self.outcomes[attempt.contact])
        assert attempt.n == before.total() + 1
        del before[AttemptOutcome.NOT_PLACED]
        failures = sum(before[outcome] for outcome in FAILURES)
        assert failures < retries.failures
        assert before.total() - failures < retries.attempts
        self.calls[number].append(now)
        self._check_history(number, now, retries)
        self.open[attempt.call] = attempt

    def _check_history(self, number: str, now: float, retries: Retries) -> None:
        day = sum(time > now - DAY_S for time in self.calls[number])
        week = sum(time > now - 7 * DAY_S for time in self.calls[number])
        limits = [it.max_per_day for it in RULES if number.startswith(it.prefixes)]
        assert all(day <= it for it in (*limits, retries.per_day) if it is not None)
        assert retries.per_week is None or week <= retries.per_week

    def _check_uses(self, uses: Mapping[str, CallerIdUse]) -> None:
        cap = POOL.daily_cap
        assert cap is not None
        assert all(use.used <= cap for use in uses.values())

    def is_suppressed(self, number: str, now: float) -> bool:
        """Whether *number* must not be called at *now*."""
        until = self.suppressed.get(number, now)
        return until is None or until > now

    def _keep(self, contact: ContactEntry, now: float) -> None:
        before = self.contacts[contact.id]
        assert before.state is not ContactState.DONE
        if contact.state is ContactState.WAITING:
            # It may be due at once only by a number that nobody has.
            assert contact.due > now or contact.invalid != before.invalid
        self.contacts[contact.id] = contact


_US = country_holidays("US")


def _zones(number: str, contact: ContactEntry, campaign: Campaign) -> list[str]:
    if contact.zone is not None:
        return [contact.zone]
    zones = time_zones_for_number(phonenumbers.parse(number))
    known = [zone for zone in zones if zone != UNKNOWN_ZONE]
    return known or [zone for zone in (campaign.default_zone,) if zone is not None]


def _is_within(windows: Iterable[Window], local: datetime) -> bool:
    clock, day = f"{local:%H:%M}", DAYS[local.weekday()]
    return any(day in it.days and (it.opens <= clock < it.closes) for it in windows)
