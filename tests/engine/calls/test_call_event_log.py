"""What the event log tells of a call."""

import json
import time
from unittest.mock import Mock

import pytest
from msgspec.structs import replace

from engine.admission.ledger import Ledger
from engine.calls.call_session import CallSession
from engine.calls.live_calls import LiveCalls
from engine.model.event_entry import EventEntry
from engine.recordings.keeper import RecordingKeeper
from engine.records.record_writer import RecordWriter
from engine.telemetry.metrics import Metrics
from engine.telemetry.statistics import Statistics
from sip.audio_stream import StreamEnd, StreamFacts
from sip.call_progress import ProgressType
from sip.events import (
    CallProgress,
    Digit,
    LegId,
    Progress,
    StreamLost,
    StreamOpened,
    StreamOver,
    Times,
)
from sip.media import Dtmf
from tests.engine.calls.sessions import (
    BUSY,
    RINGING,
    STREAM,
    make_agent,
    make_answered,
    make_candidate,
    make_ended,
    make_ringing,
    make_session,
    make_trunk,
)

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class Process:
    """A process with one call, and what it tells of it."""

    def __init__(self) -> None:
        self.told: list[EventEntry] = []
        self.enqueued: list[str] = []
        recorder = Mock(spec=RecordWriter)
        recorder.append_event = self.told.append
        recorder.enqueue = lambda _: self.enqueued.append(self.types[-1])
        self.calls = LiveCalls(
            *(Mock(spec=Ledger), recorder, Statistics(time.monotonic), Metrics()),
            keeper=Mock(spec=RecordingKeeper),
        )

    async def dial(self) -> CallSession:
        """A call whose INVITE was sent."""
        candidate = make_candidate(hints={"webhook": "crm"})
        order = candidate.order
        order.request = replace(order.request, traceparent=TRACEPARENT)
        call = make_session(candidate, make_agent())
        self.calls.add(call)
        self.calls.events.on_queued(call)
        await self.calls.send(call, call.prepare(make_trunk()))
        return call

    @property
    def types(self) -> list[str]:
        """What was told so far, in order."""
        return [entry.type for entry in self.told]

    def data(self, number: int) -> dict[str, object]:
        """What the event with this number tells."""
        told: dict[str, object] = json.loads(self.told[number - 1].data)
        return told


@pytest.fixture
def process() -> Process:
    return Process()


async def test_a_call_is_told_from_its_slots_to_its_end(process: Process) -> None:
    call = await process.dial()
    leg = call.leg_id

    process.calls.receive([make_ringing(leg), make_ringing(leg), make_answered(leg)])
    process.calls.receive([make_ended(leg)])

    assert process.types == [
        "call.queued",
        "call.sent",
        "call.ringing",
        "call.answered",
        "call.ended",
    ]
    assert [entry.seq for entry in process.told] == [1, 2, 3, 4, 5]
    assert process.data(1) == {
        "to": "sip:anna@callee.example",
        "action": "makeCall",
        "traceparent": TRACEPARENT,
    }
    named = {(each.subject.webhook, each.subject.traceparent) for each in process.told}
    assert named == {("crm", TRACEPARENT)}
    assert process.data(2)["proxy"] == "p"
    assert process.data(5)["disposition"] == "answered"
    received = 1_700_000_000.0
    assert [entry.at - received for entry in process.told[2:]] == [3.0, 5.0, 10.0]
    # Its record is enqueued behind its last event, in the same turn.
    assert process.enqueued[-1] == "call.ended"


async def test_what_the_callee_presses_and_who_has_answered_is_told(
    process: Process,
) -> None:
    call = await process.dial()
    leg = call.leg_id
    process.calls.receive([make_answered(leg)])

    found = CallProgress(leg, ProgressType.HUMAN, 106.0, is_last=False)
    unsure = CallProgress(leg, ProgressType.POTENTIAL_BEEP, 106.0, is_last=False)
    process.calls.receive([Digit(leg, "5", Dtmf.RFC4733, 107.0), unsure, found])

    assert process.types[3:] == ["call.dtmf", "call.progress"]
    assert process.data(4) == {"digit": "5", "how": "rfc4733"}
    assert process.data(5) == {"found": "human"}


async def test_what_becomes_of_an_audio_stream_is_told(process: Process) -> None:
    call = await process.dial()
    leg, number = call.leg_id, call.stream.open(STREAM)
    opened = StreamOpened(leg, number, 103.0, is_resumed=False)
    again = StreamOpened(leg, number, 104.0, is_resumed=True)
    facts = StreamFacts(frames_to_server=7)

    process.calls.receive([opened, StreamLost(leg, number, "It broke."), again])
    process.calls.receive([StreamOver(leg, number, StreamEnd.CLOSED, "", facts)])

    assert [kind.removeprefix("call.stream.") for kind in process.types[2:]] == [
        *("started", "lost", "resumed", "ended"),
    ]
    assert process.data(3) == process.data(5) == {"host": "bots.example"}
    assert process.data(6) == {"endedBy": "closed", "framesToServer": 7}


async def test_a_call_that_fails_is_told_with_its_cause(process: Process) -> None:
    call = await process.dial()

    process.calls.receive([make_ended(call.leg_id, BUSY)])

    assert process.types[-1] == "call.ended"
    assert process.data(3)["sip"] == {
        "status": 486,
        "reason": "Busy Here",
        "origin": "remote",
    }
    assert process.data(3)["hangupCause"] == 17


async def test_nobody_hears_of_a_leg_that_was_left(process: Process) -> None:
    call = await process.dial()
    late = Progress(LegId("left"), RINGING, Times(invite=102.0, ringing=103.0))

    process.calls.events.on_event(call, late)

    assert process.types == ["call.queued", "call.sent"]


async def test_nothing_is_kept_of_a_call_that_was_removed(process: Process) -> None:
    call = await process.dial()
    sequence = process.calls.events.sequence_of(call)
    process.calls.receive([make_ended(call.leg_id)])
    process.calls.remove(call)

    entries = process.told
    assert entries[-1].seq == 3
    assert process.calls.events.sequence_of(call) is not sequence
