"""CampaignRunner: has the attempts of a campaign reserved and placed, as its pace says."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

import structlog

from engine.campaigns.pacing import (
    AbandonedShare,
    BreakerState,
    CallHistory,
    CircuitBreaker,
    PaceFacts,
    pace_step,
)
from engine.campaigns.policy import CampaignPolicy
from engine.campaigns.reservations import decide_reservations, postpone_undecidable
from engine.campaigns.windows import DAY_S
from engine.dialer.dialer import Dialer
from engine.events.event_tail import EventFollower, EventTail, LaggingError
from engine.model.campaign import (
    AgentEntry,
    AttemptOutcome,
    CallerIdUse,
    CampaignState,
    Decision,
    DueContact,
    Reservation,
)
from engine.model.event_entry import EventEntry
from engine.model.ids import new_id
from engine.platform.campaign_options import PaceMode
from engine.store import Store, StoreError
from engine.store.campaigns import DayCount, ReservationOrder
from engine.tasks.background_tasks import BackgroundTasks

from .live_attempts import EndedAttempt, KnownAnswer, LiveAttempts
from .pace_facts import asks_agents, facts_of
from .placements import placement_of
from .throttle import Throttle

STEP_S = 0.2
IDLE_S = 1.0
"""Seconds until a campaign of which nothing is due looks again: contacts may be imported."""
FEWEST_LOOKED_AT = 50
"""Contacts that a reservation looks at, at least: many may have to wait for their hours."""
MOST_LOOKED_AT = 1000
BATCH_S = 1.0
"""Seconds after which a step that finds nobody to call goes on in the next."""
RELOAD_S = 10.0
UNDECIDED_S = 3600.0
"""Seconds until a contact is looked at again on which nothing could be decided: a defect."""
LAST_PLACES_S = 0.3
"""Seconds for attempts that are being placed when the campaign is paused."""
SHARE_S = 30.0  # between looks at the abandoned share of its window
REFUSED = 400
"""HTTP statuses from which on a placement was not admitted."""

log = structlog.get_logger()


class CampaignRunner:
    """Runs one campaign while this process, *holder*, has its lease.

    ``policy`` may be replaced by a newer one. ``run`` has to run beside it.
    """

    def __init__(
        self,
        policy: CampaignPolicy,
        holder: str,
        *,
        rests: bool,
        store: Store,
        dialer: Dialer,
        tail: EventTail,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """*rests*: whether the campaign is said to rest, by whoever has run it before."""
        self.policy = policy
        self._holder = holder
        self._store = store
        self._dialer = dialer
        self._tail = tail
        self._clock = clock
        self._live = LiveAttempts(watches_progress=_watches_progress(policy))
        self._history = CallHistory()
        self._breaker = CircuitBreaker(policy.campaign.breaker)
        self._throttle = Throttle()
        self._placing = BackgroundTasks()
        self._share = AbandonedShare()
        self._due = {"reload": 0.0, "share": 0.0}
        self._tokens = 0.0
        self._rests = rests  # as was told

    @property
    def lines(self) -> int:
        """How many of its attempts have no end yet."""
        return len(self._live)

    async def run(self) -> None:
        """Call until it is cancelled. Attempts that still wait for their slots then are given
        up: without a record they count as never placed.
        """
        try:
            with self._tail.follow(self._is_mine) as follower:
                await self._tail.begin()
                await self._run_steps(follower)
        finally:
            await self._placing.end(LAST_PLACES_S)

    async def _run_steps(self, follower: EventFollower) -> None:
        before, pause_s = self._clock(), 0.0
        while True:
            await self._learn(follower, pause_s)
            now = self._clock()
            try:
                await self._refresh(now)
                pause_s = await self._step(now, max(now - before, 0.0))
            except StoreError as error:
                log.debug(
                    "campaign_waits",
                    campaign=self.policy.campaign.id,
                    reason=str(error),
                )
                pause_s = IDLE_S
            before = now

    # -- what is known -----------------------------------------------------------

    def _is_mine(self, entry: EventEntry) -> bool:
        return entry.subject.call in self._live

    async def _learn(self, follower: EventFollower, limit_s: float) -> None:
        """Take events in for *limit_s* seconds."""
        loop = asyncio.get_running_loop()
        until = loop.time() + limit_s
        while True:
            try:
                entries = await follower.next(max(until - loop.time(), 0.0))
            except LaggingError:
                self._due["reload"] = 0.0
                continue
            for entry in entries or ():
                match self._live.apply(entry):
                    case KnownAnswer(known_s, is_person):
                        self._history.add_call(known_s, is_person=is_person)
                    case EndedAttempt() as ended:
                        self._on_ended(ended)
            if entries is None:  # the process stops, and will cancel this
                await asyncio.sleep(IDLE_S)
            if loop.time() >= until:
                return

    def _on_ended(self, ended: EndedAttempt) -> None:
        now = self._clock()
        self._breaker.note_end(now, ended.reserved, failed=ended.failed)
        if not (ended.failed or ended.was_known):
            elapsed_s = max(ended.ended - ended.reserved, 0.0)
            self._history.add_call(elapsed_s, is_person=False)
        if ended.is_person and ended.answered is not None:
            self._history.add_handling(max(ended.ended - ended.answered, 0.0))

    async def _refresh(self, now: float) -> None:
        """Read anew what others may have changed."""
        campaign = self.policy.campaign
        if now >= self._due["reload"]:
            self._due["reload"] = now + RELOAD_S
            self._live.keep_only(await self._store.campaigns.find_open(campaign.id))
        if campaign.pace.mode is PaceMode.PREDICTIVE and now >= self._due["share"]:
            self._due["share"] = now + SHARE_S
            since = now - campaign.pace.window_days * DAY_S
            self._share = _share_of(
                await self._store.campaigns.read_days(campaign.id, since)
            )

    # -- steps -------------------------------------------------------------------

    async def _step(self, now: float, passed_s: float) -> float:
        """Reserve and place as many as may begin; returns the seconds until the next step."""
        if not self._dialer.executor.is_ready:
            return IDLE_S
        self._throttle.pass_time(passed_s, now)
        step = pace_step(
            self.policy.campaign.pace,
            await self._facts(now, passed_s * self._throttle.share),
            self._history,
            self._tokens,
        )
        self._tokens = step.tokens
        await self._tell_of_breaker(now)
        allowed = self._breaker.allowance(now)
        calls = step.calls if allowed is None else min(step.calls, allowed)
        if calls == 0:
            return STEP_S
        placed, is_idle = await self._reserve(calls, now)
        self._tokens -= placed
        return IDLE_S if is_idle else STEP_S

    async def _tell_of_breaker(self, now: float) -> None:
        """Say as the reason of the campaign that it rests, and take that back later."""
        state = self._breaker.state(now)
        rests = state is not BreakerState.CLOSED
        if rests == self._rests:
            return
        name, running = self.policy.campaign.id, CampaignState.RUNNING
        reason = self._breaker.reason() if rests else None
        told = "campaign_rests" if rests else "campaign_goes_on"
        log.warning(told, campaign=name, reason=reason)
        await self._store.campaigns.change_state(
            name, [running], running, now=now, reason=reason
        )
        self._rests = rests

    async def _facts(self, now: float, passed_s: float) -> PaceFacts:
        campaign, agents = self.policy.campaign, list[AgentEntry]()
        if asks_agents(campaign.pace):
            agents = await self._store.agents.find_all(campaign.id, now)
        return facts_of(
            campaign.pace, self._live, agents, self._share, now=now, passed_s=passed_s
        )

    async def _reserve(self, calls: int, now: float) -> tuple[int, bool]:
        """Have at most *calls* attempts placed; returns how many, and whether nothing is due."""
        placed, looked_at = 0, max(calls, FEWEST_LOOKED_AT)
        while placed < calls and self._clock() - now < BATCH_S:
            order = self._order(looked_at, now)
            decide = partial(self._decide, calls - placed, now)
            reserved = await self._store.campaigns.reserve(order, decide)
            placed += self._place(reserved)
            if not reserved:
                return placed, await self._end_if_done()
            looked_at = min(looked_at * 2, MOST_LOOKED_AT)
        return placed, False

    def _order(self, limit: int, now: float) -> ReservationOrder:
        campaign, pool = self.policy.campaign, self.policy.pool
        return ReservationOrder(
            campaign=campaign.id,
            holder=self._holder,
            now=now,
            limit=limit,
            lists=campaign.lists,
            pool=pool.id if pool else "",
            numbers=pool.numbers if pool else (),
        )

    def _decide(
        self,
        calls: int,
        now: float,
        candidates: Sequence[DueContact],
        uses: Sequence[CallerIdUse],
    ) -> Decision:
        """Decide on *candidates*; one that nothing can be decided on stops no other."""
        decide = partial(
            decide_reservations,
            uses=uses,
            policy=self.policy,
            now=now,
            node=self._holder,
            new_call=new_id,
            most=calls,
        )
        try:
            return decide(candidates)
        except Exception:
            log.exception("contacts_undecided", campaign=self.policy.campaign.id)
            return postpone_undecidable(candidates, decide, now + UNDECIDED_S)

    def _place(self, reserved: Sequence[Reservation]) -> int:
        """Have what was reserved placed; returns how many attempts that are."""
        placed = [it for it in reserved if it.attempt is not None]
        self._live.add(it.attempt for it in placed if it.attempt is not None)
        for it in placed:
            self._breaker.note_begun(self._clock())
            self._placing.start(self._place_attempt(it))
        return len(placed)

    async def _place_attempt(self, reserved: Reservation) -> None:
        """Place an attempt, which is committed. Whatever becomes of it, its record tells."""
        attempt = reserved.attempt
        assert attempt is not None
        placement = placement_of(self.policy.campaign, attempt, reserved.contact)
        reply = await self._dialer.place(placement)
        if reply.status >= REFUSED:
            self._throttle.note_refusal(self._clock())

    async def _end_if_done(self) -> bool:
        """Finish the campaign if nobody waits and nobody is called; True: nothing is due."""
        campaign = self.policy.campaign.id
        if len(self._live) == 0 and (
            await self._store.contacts.find_first_due(campaign) is None
            and not await self._store.campaigns.find_open(campaign)
        ):
            await self._store.campaigns.change_state(
                campaign,
                [CampaignState.RUNNING],
                CampaignState.FINISHED,
                now=self._clock(),
            )
        return True


def _watches_progress(policy: CampaignPolicy) -> bool:
    hints = policy.campaign.hints
    return "bvr_callprogress" in hints or "voicemail" in hints


def _share_of(days: Sequence[DayCount]) -> AbandonedShare:
    counts = Counter[AttemptOutcome]()
    for day in days:
        counts[day.outcome] += day.attempts
    abandoned = counts[AttemptOutcome.ABANDONED]
    reached = counts[AttemptOutcome.PERSON] + counts[AttemptOutcome.OPT_OUT]
    return AbandonedShare(reached + abandoned, abandoned)
