"""CallProxies: the proxies that a call goes through, one after another, and when the next may."""

from engine.admission.admission import Admission, Candidate
from engine.model.leg_state import Timer
from engine.platform.trunks import Trunk
from sip.agent import UserAgent
from sip.events import Answered, Ended, Ending, LegId, Origin, Progress

from .call_legs import CallLegs
from .response_waits import ResponseWaits


class CallProxies:
    """Decides for one unanswered call whether the next proxy of its group may take it.

    It tells admission what becomes of each leg, and acquires the slots of the next
    proxy. Times are monotonic seconds.
    """

    def __init__(
        self,
        candidate: Candidate,
        legs: CallLegs,
        waits: ResponseWaits,
        *,
        agent: UserAgent,
        admission: Admission,
    ) -> None:
        """*legs* and *waits* are those of the call of *candidate*, whose slots are held."""
        self.waits = waits
        self._candidate = candidate
        self._legs = legs
        self._agent = agent
        self._admission = admission

    def begin(self, leg: LegId, now: float) -> None:
        """Begin *leg*, which was prepared last, and its waits: its INVITE is sent *now*."""
        self._legs.begin(leg, now)
        trunk = self._legs.trunk
        self.waits.begin(trunk.proxy if trunk else None, now)

    def may_try_next(self, word: str, now: float) -> bool:
        """Whether the next proxy of the group may be tried *now*, after *word*: never
        after a ringing response, since a person may have heard it.
        """
        group = self._candidate.group
        return (
            group is not None
            and word in group.failover
            and self._legs.times.ringing is None
            and self.waits.may_try_another(now)
        )

    async def acquire_next(self) -> Trunk | None:
        """Take the slots of the next proxy of the group; raises RefusedError if there is none.

        While the current leg lives, only of one that is up, since it may still be
        answered; but of any if its own proxy was known to be down.
        """
        may_answer = self._legs.is_current_open and not self._candidate.last_was_down
        return await self._admission.acquire_for_call(
            self._candidate, only_up=may_answer
        )

    async def stay(self, spare: Trunk | None) -> None:
        """Stay with the current leg, and give the slot of the next proxy, *spare*, back."""
        if spare is not None and self._legs.trunk is not None:
            await self._admission.exchange(self._candidate, spare, self._legs.trunk)

    # -- late responses ----------------------------------------------------------

    def seek_next(self, timer: Timer, now: float) -> bool:
        """Whether the next proxy is to be sought, since *timer* has passed *now*.

        To be called while at most a 100 has come on the current leg.
        """
        if not self._lacks_response(timer):
            return False
        if not self.may_try_next(Origin.LOCAL_TIMER, now):
            return False
        self.waits.late = timer
        return True

    @property
    def is_next_due(self) -> bool:
        """Whether the next proxy may take the call, while at most a 100 has come on its
        current leg: that has ended, or what was late is still missing.
        """
        if not self._legs.is_current_open:
            return True
        late = self.waits.late
        return late is not None and self._lacks_response(late)

    def _lacks_response(self, timer: Timer) -> bool:
        """Whether what *timer* waits for has not come on the current leg."""
        return timer is Timer.PROGRESS or self._agent.is_silent(self._legs.current)

    # -- what admission hears ----------------------------------------------------

    def report_first_response(self) -> bool:
        """Tell admission whether anything was heard of the leg; return whether nothing was."""
        trunk, legs = self._legs.trunk, self._legs
        if trunk is None or not legs.is_current_open:
            return False
        is_silent = self._agent.is_silent(legs.current)
        if is_silent:
            self._admission.report_silence(trunk, legs.began)
        else:
            self._admission.report_sign(trunk, legs.began)
        return is_silent

    def note_unconfirmed(self) -> None:
        """Enter what is known of the current leg, which lives on, for the client's answer."""
        if self._legs.is_current_open:
            is_silent = self._agent.is_silent(self._legs.current)
            self._legs.note_unconfirmed(is_silent=is_silent)

    def report(self, event: Progress | Answered | Ending | Ended) -> None:
        """Tell admission of *event* of the current leg."""
        if self._legs.trunk is not None:
            self._admission.report_leg_event(self._legs.trunk, event)

    def close_left(self, end: Ended) -> None:
        """Enter *end* of a leg that was left, and tell admission of it."""
        trunk = self._legs.close_left(end)
        if trunk is not None:
            self._admission.report_leg_event(trunk, end)
