"""Calls: every live call of this process, from its admission until its slots are free again."""

import asyncio
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import suppress

import structlog

from sip.events import Ended, LegId, SipEvent

from .ledger import RENEW_S, Ledger, LedgerError
from .record import Record
from .recorder import Recorder
from .results import Answer, Result
from .session import CallSession
from .statistics import Statistics
from .tasks import Tasks

log = structlog.get_logger()


class Calls:
    """The ``Owner`` of all call sessions: events in, records and freed slots out."""

    def __init__(
        self, ledger: Ledger, recorder: Recorder, statistics: Statistics
    ) -> None:
        self._ledger = ledger
        self._recorder = recorder
        recorder.tell(self.recorded)
        self._statistics = statistics
        self._by_leg: dict[LegId, CallSession] = {}
        self._live: dict[str, CallSession] = {}
        self._kept: set[str] = set()
        self._tasks = Tasks()
        self._idle = asyncio.Event()
        self._idle.set()

    def add(self, session: CallSession) -> None:
        """Take charge of a call that holds its slots."""
        self._live[session.id] = session
        self._kept.discard(session.lease)
        self._idle.clear()
        application = session.application
        self._statistics.began(application.account, application.id)

    def remove(self, session: CallSession) -> None:
        """Forget a call."""
        if self._live.pop(session.id, None) is not None:
            application = session.application
            self._statistics.ended(application.account, application.id)
        if not self._live:
            self._idle.set()

    def keep(self, lease: str) -> None:
        """Hold the slots of *lease* for a call that may be placed later."""
        self._kept.add(lease)

    @property
    def kept(self) -> int:
        """How many leases are held for calls that were not placed yet."""
        return len(self._kept)

    def release(self, lease: str) -> None:
        """Give back the slots of a call that was not placed, soon and whatever happens."""
        self._kept.discard(lease)
        self._tasks.start(self._ledger.release([lease]))

    def __iter__(self) -> Iterator[CallSession]:
        """Live calls, oldest first."""
        return (call for call in self._live.values() if not call.is_over)

    def find(self, call_id: str) -> CallSession | None:
        """A call that lives, or whose end is not recorded yet."""
        return self._live.get(call_id)

    def of(self, application_uuid: str) -> list[CallSession]:
        """The calls of one application that live, or whose end is not recorded yet."""
        return [
            call
            for call in self._live.values()
            if call.application_uuid == application_uuid
        ]

    @property
    def count(self) -> int:
        """Calls that have not ended, or whose end is not recorded yet."""
        return len(self._live)

    # -- what sessions and the recorder tell -------------------------------------

    def leg_began(self, session: CallSession) -> None:
        """See ``Owner``."""
        self._by_leg[session.leg_id] = session

    def leg_ended(self, leg: LegId) -> None:
        """See ``Owner``."""
        self._by_leg.pop(leg, None)

    def changed(self, session: CallSession) -> None:
        """See ``Owner``."""
        application = session.application
        self._statistics.connected(application.account, application.id)
        self._recorder.put(session.record())

    def ended(self, session: CallSession) -> None:
        """See ``Owner``: its slots go once its record is written."""
        self._by_leg.pop(session.leg_id, None)
        self._log_end(session)
        self._recorder.put(session.record())

    def recorded(self, records: Sequence[Record]) -> None:
        """The end of these calls is in the database: their slots may go."""
        ended = [self._live.get(record.id) for record in records]
        sessions = [one for one in ended if one is not None and one.is_over]
        if sessions:
            release = self._ledger.release([one.lease for one in sessions])
            self._tasks.start(self._close(sessions, release))

    async def _close(
        self, sessions: Sequence[CallSession], release: Awaitable[None]
    ) -> None:
        await release
        for session in sessions:
            self.remove(session)
            if not session.closed.done():
                session.closed.set_result(None)

    def _log_end(self, session: CallSession) -> None:
        end = session.end
        assert end is not None
        log.info(
            "call_ended",
            application_uuid=session.application_uuid,
            application=session.application.id,
            result=session.outcome.result().result.text,
            sip_status=end.status,
            origin=end.origin,
            forced=end.forced,
        )

    async def renew_leases(self) -> None:
        """Keep the slots of every live call, for ever."""
        while True:
            await asyncio.sleep(RENEW_S)
            leases = [call.lease for call in self._live.values()]
            try:
                await self._ledger.renew([*leases, *self._kept])
            except LedgerError as error:  # calls go on; the next renewal takes back
                log.warning("leases_not_renewed", reason=str(error))

    # -- events ------------------------------------------------------------------

    def receive(self, events: Sequence[SipEvent]) -> None:
        """Take what the user agent reports; a defect costs the call it concerns, no other."""
        for event in events:
            session = self._by_leg.get(event.leg)
            if session is None:
                continue
            try:
                session.receive(event)
            except Exception:
                log.exception("call_crashed", application_uuid=session.application_uuid)
                self._crash(session, event)

    def _crash(self, session: CallSession, event: SipEvent) -> None:
        if not session.outcome.done():
            session.outcome.set_result(
                Answer(Result.INTERNAL_ERROR, session.application_uuid)
            )
        if not isinstance(event, Ended):
            session.hang_up()
        elif not session.is_over:
            session.give_up()

    # -- the end -----------------------------------------------------------------

    async def all_ended(self) -> None:
        """Wait until there is no call."""
        await self._idle.wait()

    def hang_up_all(self) -> None:
        """Ask for the end of every call."""
        for session in list(self._live.values()):
            session.hang_up()

    def give_up(self) -> None:
        """The user agent is gone: what it did not report as ended will not be."""
        for session in list(self._live.values()):
            session.give_up()

    async def settled(self, limit_s: float) -> None:
        """Wait until every call that has ended is recorded, for *limit_s* at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                await self._idle.wait()
                await self._tasks.done()
