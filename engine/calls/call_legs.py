"""CallLegs: the INVITEs of a call, one after another, and what was heard of them."""

from collections.abc import Mapping

from msgspec.structs import replace

from engine.admission.instant import Instant
from engine.model.call_record import Attempt
from engine.platform.trunks import Trunk
from sip.agent import Invite
from sip.events import Answered, Ended, Ending, LegId, Origin, Progress, Times
from sip.message import Response, printable
from sip.name_addr import NameAddr


class CallLegs:
    """The legs of one call, of which the last one is the current one.

    Between two legs, while the next proxy is sought, the current one is the one that
    has ended.
    """

    def __init__(self, caller_id: str, received: Instant) -> None:
        """*caller_id* is that of INVITEs that name none. *received*: when the call was
        asked for.
        """
        self.attempts: list[Attempt] = []
        self.current = LegId("")
        """The current leg; empty before the first INVITE is sent."""
        self.trunk: Trunk | None = None
        self._invite: Invite | None = None  # the one that was prepared last
        self._default_caller_id = caller_id
        self.times = Times()
        self.first_invite: float | None = None
        """When the first INVITE was sent, in monotonic seconds."""
        self.response: Response | None = None
        """The latest response of the current leg."""
        self.detail: str | None = None
        """Why the user agent has ended the current leg by itself."""
        self.ladder = ""
        """The messages of the legs that have ended."""
        self.end_of_current: Ended | None = None
        """The end of the current leg, once it has ended or was left."""
        self.began = 0.0
        """When the current leg was handed to the user agent, in monotonic seconds."""
        self.left: dict[LegId, Trunk | None] = {}
        """The proxies of the legs that were left for the next proxy, and have not ended."""
        self._was_heard = False  # although no event of the current leg has told so
        self._received = received

    def prepare(self, invite: Invite, trunk: Trunk | None) -> None:
        """Enter *invite*, which goes through *trunk*, as the next attempt."""
        self.trunk, self._invite = trunk, invite
        proxy = trunk.proxy.id if trunk else None
        self.attempts.append(Attempt(invite.leg, str(invite.target), proxy))

    @property
    def from_(self) -> NameAddr | None:
        """The identity in From of the INVITE that was prepared last, if it has one."""
        return None if self._invite is None else self._invite.from_

    @property
    def caller_id(self) -> str:
        """The caller ID of the INVITE that was prepared last, where no identity is given."""
        given = None if self._invite is None else self._invite.caller_id
        return given or self._default_caller_id

    def withdraw(self) -> None:
        """Take back the attempt that was prepared last: its INVITE is not sent."""
        self.attempts.pop()

    def begin(self, leg: LegId, now: float) -> None:
        """Make *leg*, whose INVITE is sent *now*, the current one."""
        self.current, self.times, self.response = leg, Times(), None
        self.began, self.end_of_current = now, None
        self._was_heard = False

    def leave(self, detail: str, now: float) -> None:
        """Enter that the current leg is left *now* for the next proxy; *detail* says why.

        For the call it ends so. What its far end still says is only in the ladder.
        """
        self.left[self.current] = self.trunk
        if self.first_invite is None:  # nothing was heard that could tell
            self.first_invite = self.began
        times = replace(self.times, ended=now)
        end = Ended(
            *(self.current, 408, "Request Timeout", Origin.LOCAL_TIMER),
            response=None,
            times=replace(times, invite=times.invite or self.began),
        )
        self.close(end)
        self.attempts[-1].detail = detail

    def close_left(self, end: Ended) -> Trunk | None:
        """Enter *end* of a leg that was left; return its proxy."""
        self.ladder += end.ladder
        return self.left.pop(end.leg)

    def note(self, event: Progress | Answered | Ending | Ended) -> None:
        """Keep times, response and detail of *event* of the current leg."""
        self.times = event.times
        if event.response is not None:
            self.response = event.response
        if isinstance(event, Ended):
            return  # ``close`` enters it
        self._enter_times(event.times)
        if isinstance(event, Ending):
            self.detail = event.detail
        elif isinstance(event, Answered):
            attempt, response = self.attempts[-1], event.response
            attempt.status, attempt.reason = response.status, printable(response.reason)
            attempt.origin = Origin.REMOTE.value

    def note_unconfirmed(self, *, is_silent: bool) -> None:
        """Enter when the current leg was sent, of which no event has told yet.

        *is_silent*: nothing was heard of it, not even a 100.
        """
        self._was_heard = not is_silent
        self.times = replace(self.times, invite=self.times.invite or self.began)
        self._enter_times(self.times)

    @property
    def is_silent(self) -> bool:
        """Whether no response at all has come on the current leg, as far as is known."""
        times, response = self.times, self.response
        return not self._was_heard and times.trying is None and response is None

    def _enter_times(self, times: Times) -> None:
        """Enter *times* of the current leg in its attempt."""
        attempt, invite = self.attempts[-1], times.invite
        if invite is None:
            return
        if self.first_invite is None:
            self.first_invite = invite
        if attempt.invite is None:
            attempt.invite = self.to_epoch(invite)
        if times.ringing is not None and attempt.setup is None:
            attempt.setup = _ms(times.ringing - invite)
        if times.answered is not None and attempt.answer is None:
            attempt.answer = _ms(times.answered - invite)

    def close(self, end: Ended) -> None:
        """Enter *end* as that of the current leg."""
        self.end_of_current = end
        attempt = self.attempts[-1]
        attempt.status, attempt.reason = end.status, printable(end.reason)
        attempt.origin = end.origin.value
        self._enter_times(end.times)
        attempt.ended = self.to_epoch(end.times.ended)
        self.ladder += end.ladder

    def copy_attempts(self) -> list[Attempt]:
        """The attempts as of now, in values that do not change."""
        return [replace(attempt) for attempt in self.attempts]

    @property
    def is_current_open(self) -> bool:
        """Whether the current leg has neither ended nor been left."""
        return bool(self.current) and self.end_of_current is None

    @property
    def has_open(self) -> bool:
        """Whether the last attempt has not ended: its INVITE is to be sent, or its leg lives."""
        return bool(self.attempts) and self.attempts[-1].ended is None

    def close_unreported(self, end: Ended, now: float) -> Ended:
        """Enter *end* as that of the current leg, whose own end nobody reports.

        Returns it as it is entered: a leg that was answered keeps the status of its
        answer, as at every other end. *now* is in monotonic seconds.
        """
        self.times = replace(self.times, ended=now)
        end = replace(end, times=self.times, forced=self.times.invite is not None)
        answer = self.response
        if answer is not None and 200 <= answer.status < 300:
            end = replace(
                end, status=answer.status, reason=answer.reason, response=answer
            )
        self.close(end)
        return end

    def end(self, now: float) -> None:
        """Note that the call has ended.

        *now*, in monotonic seconds, is the time of that only if the end of no leg was
        reported.
        """
        if self.times.ended is None:
            self.times = replace(self.times, ended=now)

    @property
    def timings_ms(self) -> Mapping[str, float]:
        """Milliseconds of the call: ``queued`` from the request to the first INVITE,
        ``setup`` from there to the first 101 to 199 of the current leg, ``answer`` from
        there to its 2xx. Those that are not known are absent.

        The attempts have the times since their own INVITE.
        """
        times, invite = self.times, self.first_invite
        if invite is None:
            return {}
        timings = {"queued": _ms(invite - self._received.monotonic)}
        if times.ringing is not None:
            timings["setup"] = _ms(times.ringing - invite)
        if times.answered is not None:
            timings["answer"] = _ms(times.answered - invite)
        return timings

    def to_epoch(self, monotonic: float | None) -> float | None:
        """Seconds since 1970 of a time of a leg; None for one that is not known."""
        return None if monotonic is None else self._received.to_epoch(monotonic)


def _ms(seconds: float) -> float:
    return round(max(seconds, 0.0) * 1000, 1)
