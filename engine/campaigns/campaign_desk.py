"""CampaignDesk: what clients and people ask of campaigns, whoever serves them."""

import re
import time
from collections.abc import Callable, Sequence

from engine.administration.admin import ConflictError, NotFoundError
from engine.model.campaign import (
    CampaignRun,
    CampaignState,
    ContactEnd,
)
from engine.platform.campaign_objects import CallerIdPool, Campaign, WindowRule
from engine.platform.objects import KINDS, Objects
from engine.store import Store
from engine.store.campaigns import AttemptPlace, CampaignCounts, ContactFilter

from .campaign_views import (
    RATE_S,
    AttemptList,
    CampaignReport,
    CampaignView,
    ContactDetail,
    ContactList,
    ContactWhy,
    attempt_view,
    campaign_view,
    contact_view,
    measure_rate,
    progress_of,
    report_of,
    why_view,
)
from .eligibility import judge
from .policy import CampaignPolicy
from .windows import DAY_S

REPORT_DAYS = 30
MAX_PAGE = 1000
RATE_ATTEMPTS = 1000
"""Attempts that are read to measure the present pace."""
_START = AttemptPlace(0.0, 0, 0)
# Whole numbers as the database holds them, of 63 and 31 bits at most.
_PLACE = re.compile(r"(\d{1,12}(?:\.\d{1,20})?):(\d{1,18}):(\d{1,9})", re.ASCII)


class CampaignDesk:
    """All methods raise StoreError, and NotFoundError for what does not exist."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock

    async def find(self, name: str) -> Campaign:
        """Return the campaign *name*."""
        return _campaign(await self._store.read_objects(), name)

    async def list_all(self, application: str | None = None) -> list[CampaignView]:
        """Show all campaigns, or those of *application*, by their names."""
        objects = await self._store.read_objects()
        counts = await self._store.campaigns.read_all_counts()
        runs = {run.campaign: run for run in await self._store.campaigns.read_runs()}
        return [
            await self._show(
                it,
                runs.get(it.id) or CampaignRun(it.id, CampaignState.DRAFT, 0.0),
                counts.get(it.id) or CampaignCounts(),
            )
            for it in sorted(objects.campaign, key=lambda it: it.id)
            if application in (None, it.application)
        ]

    async def show(self, name: str) -> CampaignView:
        """Show the campaign *name*."""
        campaign = await self.find(name)
        run = await self._store.campaigns.read_run(name)
        return await self._show(
            campaign, run, await self._store.campaigns.read_counts(name)
        )

    async def _show(
        self, campaign: Campaign, run: CampaignRun, counts: CampaignCounts
    ) -> CampaignView:
        now, name = self._clock(), campaign.id
        since = now - campaign.pace.window_days * DAY_S
        days = await self._store.campaigns.read_days(name, since)
        rate = await self._rate(run, now)
        progress = progress_of(run, counts, days, rate, now)
        return campaign_view(campaign, run, progress)

    async def _rate(self, run: CampaignRun, now: float) -> float:
        if run.state is not CampaignState.RUNNING:
            return 0.0
        newest = await self._store.campaigns.find_newest_attempts(
            run.campaign, since=now - RATE_S, limit=RATE_ATTEMPTS
        )
        return measure_rate([it.reserved for it in newest], RATE_ATTEMPTS, now)

    # -- state -------------------------------------------------------------------

    async def start(self, name: str) -> CampaignView:
        """Have the campaign call, or go on; ConflictError if it has no contacts or is over."""
        allowed = (CampaignState.READY, CampaignState.PAUSED, CampaignState.FINISHED)
        return await self._change(name, allowed, CampaignState.RUNNING, None)

    async def pause(self, name: str, reason: str | None = None) -> CampaignView:
        """Have the campaign place no more calls until it is started again; live ones go on.

        Raises ConflictError unless it runs.
        """
        allowed = (CampaignState.RUNNING,)
        return await self._change(name, allowed, CampaignState.PAUSED, reason)

    async def cancel(
        self, name: str, reason: str | None = None
    ) -> tuple[CampaignView, list[str]]:
        """End the campaign for good, and all its contacts that wait.

        Returns it with the application UUIDs of its calls that may still live, which go on.
        """
        allowed = [it for it in CampaignState if it is not CampaignState.CANCELLED]
        await self._change(name, allowed, CampaignState.CANCELLED, reason)
        await self._store.contacts.end_waiting(name, ContactEnd.CANCELLED)
        live = await self._store.campaigns.find_open(name)
        return await self.show(name), [attempt.call for attempt in live]

    async def _change(
        self,
        name: str,
        allowed: Sequence[CampaignState],
        to: CampaignState,
        reason: str | None,
    ) -> CampaignView:
        await self.find(name)
        log, now = self._store.campaigns, self._clock()
        changed = await log.change_state(name, allowed, to, now=now, reason=reason)
        if changed is None and (run := await log.read_run(name)).state is not to:
            raise ConflictError(conflict_of(run.state, to))
        return await self.show(name)

    # -- contacts and attempts -----------------------------------------------------

    async def contacts(
        self, name: str, criteria: ContactFilter, *, after: str = "", limit: int = 100
    ) -> ContactList:
        """Return a page of contacts, by their keys."""
        await self.find(name)
        found = await self._store.contacts.find_page(
            name, criteria, after=after, limit=limit
        )
        following = found[-1].key if len(found) == limit else None
        return ContactList([contact_view(it) for it in found], following)

    async def contact(self, name: str, key: str) -> ContactDetail:
        """Return a contact with all attempts on it."""
        await self.find(name)
        entry = await self._store.contacts.find(name, key)
        if entry is None:
            raise no_contact(key)
        attempts = await self._store.contacts.find_attempts(entry.id)
        return ContactDetail(contact_view(entry), [attempt_view(it) for it in attempts])

    async def why(self, name: str, key: str) -> ContactWhy:
        """Return whether a contact would be called now, and why not."""
        objects, now = await self._store.read_objects(), self._clock()
        campaign, policy = _campaign(objects, name), policy_of(objects, name)
        candidate = await self._store.contacts.find_candidate(
            name, key, campaign.lists, now
        )
        if candidate is None:
            raise no_contact(key)
        run = await self._store.campaigns.read_run(name)
        return why_view(key, run.state, judge(candidate, policy, now))

    async def policy(self, name: str) -> CampaignPolicy:
        """Return what holds for contacts of the campaign *name*."""
        return policy_of(await self._store.read_objects(), name)

    async def attempts(
        self, name: str, *, after: AttemptPlace = _START, limit: int = 100
    ) -> AttemptList:
        """Return a page of attempts, in the order in which they were reserved."""
        await self.find(name)
        found = await self._store.campaigns.find_attempts(
            name, after=after, limit=limit
        )
        following = write_place(AttemptPlace.of(found[-1])) if found else None
        return AttemptList([attempt_view(it) for it in found], following)

    async def report(self, name: str, days: int = REPORT_DAYS) -> CampaignReport:
        """Return what attempts have come to on each of the last *days*, today included."""
        await self.find(name)
        now = self._clock()
        since = now - (days - 1) * DAY_S
        counts = await self._store.campaigns.read_days(name, since)
        return report_of(name, counts, since, now)


def policy_of(objects: Objects, name: str) -> CampaignPolicy:
    """Return what holds for contacts of the campaign *name*.

    Raises NotFoundError, and ConflictError if no public holidays of its country are known.
    """
    campaign, pools = _campaign(objects, name), KINDS["caller_ids"]
    pool = objects.find(pools, campaign.caller_ids) if campaign.caller_ids else None
    rules: tuple[WindowRule, ...] = objects.window_rule
    try:
        return CampaignPolicy.of(
            campaign, rules, pool if isinstance(pool, CallerIdPool) else None
        )
    except ValueError as error:
        raise ConflictError(str(error)) from None


def conflict_of(state: CampaignState, to: CampaignState) -> str:
    """Return why a campaign in *state* cannot come into the state *to*, as a sentence."""
    if state is CampaignState.DRAFT and to is CampaignState.RUNNING:
        return "The campaign has no contacts yet."
    return f"The campaign is {state}, so that it cannot be {to}."


def no_contact(key: str) -> NotFoundError:
    """Return what tells that there is no contact *key*."""
    return NotFoundError(f"The campaign has no contact {key}.")


def write_place(place: AttemptPlace) -> str:
    """Return *place* as clients get it."""
    return f"{place.reserved!r}:{place.contact}:{place.n}"


def read_place(text: str) -> AttemptPlace:
    """Return the place that ``write_place`` has written; raises ValueError with a sentence."""
    match = _PLACE.fullmatch(text)
    if match is None:
        raise ValueError("after is the next of an earlier answer.")
    reserved, contact, n = match.groups()
    return AttemptPlace(float(reserved), int(contact), int(n))


def _campaign(objects: Objects, name: str) -> Campaign:
    campaign = objects.find(KINDS["campaign"], name)
    if not isinstance(campaign, Campaign):
        raise NotFoundError(f"There is no campaign {name}.")
    return campaign
