"""The audio stream of a call: its commands, its record, and what the event log is told."""

from unittest.mock import Mock

import pytest

from engine.calls.call_events import RecordChanged
from engine.calls.call_stream import CallStream
from sip.audio_stream import StreamEnd, StreamFacts
from sip.events import LegId, StreamLost, StreamOpened, StreamOver
from tests.engine.calls.sessions import (
    STREAM,
    dial,
    make_agent,
    make_answered,
    make_ended,
)

FACTS = StreamFacts(opened_at=104.0, first_audio_at=106.0, frames_to_server=7, clears=1)


@pytest.fixture
def agent() -> Mock:
    """A user agent whose streams have done ``FACTS``."""
    agent = make_agent()
    agent.stream_facts.return_value = FACTS
    return agent


async def test_its_commands_go_to_the_current_leg(agent: Mock) -> None:
    call = await dial(agent)
    leg = call.leg_id
    number = call.stream.open(STREAM)
    call.stream.begin(number, {"a": "b"})
    call.stream.pause(number, is_paused=True)
    call.stream.send_event(number, {"amd": "human"})
    call.stream.close()

    agent.open_stream.assert_called_once_with(leg, number, STREAM)
    agent.begin_stream.assert_called_once_with(leg, number, {"a": "b"})
    agent.pause_stream.assert_called_once_with(leg, number, is_paused=True)
    agent.send_stream_event.assert_called_once_with(leg, number, {"amd": "human"})
    agent.stop.assert_called_once_with(leg, number)


async def test_its_events_go_to_the_observer_and_change_the_record(agent: Mock) -> None:
    call = await dial(agent)
    number = call.stream.open(STREAM)
    opened = StreamOpened(call.leg_id, number, 104.0, is_resumed=False)

    assert call.receive(opened) == (RecordChanged(), opened)
    assert call.stream.is_connected
    record = call.record().stream
    assert record is not None
    assert (record.host, record.frames_to_server) == ("bots.example", 7)
    assert record.connected_at == 1_700_000_004.0
    assert record.ended_by is None


async def test_the_record_keeps_how_it_ended(agent: Mock) -> None:
    call = await dial(agent)
    number = call.stream.open(STREAM)
    call.receive(make_answered(call.leg_id))
    lost = StreamOver(call.leg_id, number, StreamEnd.LOST, "It broke.", FACTS)
    call.receive(lost)
    call.receive(make_ended(call.leg_id))

    record = call.record().stream
    assert record is not None
    assert (record.ended_by, record.reason) == ("lost", "It broke.")
    assert record.first_audio_at == 1_700_000_006.0
    assert not call.stream.is_open


async def test_a_stream_opened_too_late_has_ended_with_the_call(agent: Mock) -> None:
    call = await dial(agent)
    call.stream.open(STREAM)
    call.receive(make_answered(call.leg_id))
    call.receive(make_ended(call.leg_id))

    record = call.record().stream
    assert record is not None
    assert (record.host, record.ended_by) == ("bots.example", "hangup")


async def test_a_call_without_a_stream_has_no_record_of_it(agent: Mock) -> None:
    call = await dial(agent)
    call.stream.close()

    assert call.record().stream is None
    agent.stop.assert_not_called()


async def test_the_stream_of_a_leg_that_was_left_is_not_open(agent: Mock) -> None:
    call = await dial(agent)
    stream = CallStream(agent, call.legs)
    number = stream.open(STREAM)
    stream.add(StreamLost(call.leg_id, number + 1, "That of another stream."))
    call.legs.current = LegId("the next")

    assert not stream.is_open
    assert stream.record() is None
