"""RequestProgress: what the events of a request show so far. Pure."""

from typing import Annotated

import msgspec
from msgspec import Meta

from engine.model.call_record import NODE_LOST
from engine.model.event_entry import FINAL_TYPES, EventEntry
from engine.model.event_type import EventType


class Gap(msgspec.Struct, frozen=True, omit_defaults=True, rename={"from_": "from"}):
    """Events that are missing: they are not kept any more, or were never written since the
    database was away for too long.
    """

    from_: Annotated[int, Meta(description="The first that is missing.")]
    to: Annotated[int, Meta(description="The last.")]
    call: Annotated[
        str | None,
        Meta(description="Whose seq is meant; absent: places in the whole log."),
    ] = None


class _EndData(msgspec.Struct, rename="camel"):
    """What is read of the data of events that begin or end something."""

    session: str | None = None
    termination_reason: str | None = None


_read = msgspec.json.Decoder(_EndData).decode


class RequestProgress:
    """Finds holes in the numbers of each call, and when everything has ended."""

    def __init__(self, *, is_from_start: bool) -> None:
        """*is_from_start*: whether the first event of each call is still to come."""
        self._is_from_start = is_from_start
        self._last: dict[str, int] = {}  # seq by call
        self._open: set[str] = set()
        self._applications: set[tuple[str, str | None]] = set()  # by call and session

    def note(self, entry: EventEntry) -> Gap | None:
        """Take the next event; returns what is missing before it, if anything is."""
        call, seq = entry.subject.call, entry.seq
        expected = self._last.get(call, 0 if self._is_from_start else seq - 1) + 1
        self._last[call] = seq
        match entry.type:
            case EventType.APPLICATION_STARTED:
                self._applications.add((call, _read(entry.data).session))
            case EventType.APPLICATION_ENDED:
                self._end_applications(call, _read(entry.data).session)
            case kind if kind in FINAL_TYPES:
                self._open.discard(call)
                if _read(entry.data).termination_reason == NODE_LOST:
                    self._end_applications(call, None)
            case _:
                self._open.add(call)
        return Gap(expected, seq - 1, call) if seq > expected else None

    def _end_applications(self, call: str, session: str | None) -> None:
        """Note the end of a session of *call*; None: of all, whose node has died."""
        if session is not None:
            self._applications.discard((call, session))
        else:
            self._applications = {it for it in self._applications if it[0] != call}

    @property
    def is_over(self) -> bool:
        """Whether there were events, and all calls and applications that they tell of have ended."""
        return bool(self._last) and not self._open and not self._applications
