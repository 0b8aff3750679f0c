"""The call of an application of type STREAM, without a network: what is done when."""

from http import HTTPStatus
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest

from engine.applications import capabilities_of, needs_document
from engine.applications.stream_calls import StreamCalls, control_of
from engine.audio import Held, SoundError, Sounds
from engine.calls.call_session import CallSession
from engine.calls.live_calls import LiveCalls
from engine.fetch import Failure, Fetcher, FetchError, StreamLocation
from engine.model.call_order import DigitsOrder, PlayOrder, TransferOrder
from engine.model.call_record import ApplicationEnd, HowEnded
from engine.model.disposition import EndRequester
from engine.model.result import RefusedError, Result
from engine.platform.objects import Account, Application, Objects
from engine.platform.snapshot import PlatformSnapshot
from engine.platform.stream_choice import with_stream
from engine.tasks.background_tasks import BackgroundTasks
from sip.audio_stream import StreamEnd, StreamFacts
from sip.call_progress import ProgressType
from sip.events import CallProgress, Played, StreamOpened, StreamOver
from sip.media import Clip, Stop
from tests.engine.calls.sessions import (
    OK,
    RINGING,
    make_agent,
    make_answered,
    make_candidate,
    make_session,
)
from tests.engine.tasks.test_background import until

URL = "wss://bots.example/out"
CA = Path("ca.pem")
SERVER = StreamLocation(URL, "bots.example", 443, "/out", True, ("192.0.2.1",), CA)
TOKEN = "0123456789abcdef"


class Streamed:
    """A call whose INVITE was sent, of an application with these options."""

    def __init__(self, hints: dict[str, Any] | None = None, **options: Any) -> None:
        self.agent = make_agent()
        self.calls = Mock(spec=LiveCalls, events=Mock())
        self.sounds = Mock(spec=Sounds)
        self.tasks = BackgroundTasks()
        self.fetcher = Mock(spec=Fetcher)
        self.services: Any = SimpleNamespace(
            calls=self.calls,
            sounds=self.sounds,
            tasks=self.tasks,
            fetcher=self.fetcher,
        )
        fields = {"type": "STREAM", "uri": URL, "stream": options}
        self.application = Application.model_validate(
            {"id": "bot", "account": "acme", **fields}
        )
        candidate = make_candidate(hints=hints or {})
        order = candidate.order
        order.application = self.application
        order.request = with_stream(order.request, self.application)
        account = Account(id="acme", auth_token=TOKEN)
        order.platform = PlatformSnapshot(Objects(account=(account,)))
        self.call: CallSession = make_session(candidate, self.agent)
        StreamCalls(self.services, frozenset({"stream"})).prepare(SERVER, self.call)

    async def dial(self) -> "Streamed":
        """Send the INVITE."""
        await self.call.send(self.call.prepare(None))
        return self

    def ring(self) -> None:
        """The phone rings."""
        assert self.call.observer is not None
        self.call.observer.on_progress(self.call, RINGING)

    def answer(self) -> None:
        """Somebody answers."""
        self.call.receive(make_answered(self.call.leg_id))
        assert self.call.observer is not None
        self.call.observer.on_answered(self.call, OK)

    @property
    def number(self) -> int:
        """That of the stream."""
        return int(self.agent.open_stream.call_args[0][1])

    def take(self, event: Any) -> None:
        """Give the call *event*, and its observer, too."""
        assert self.call.observer is not None
        for of_observer in self.call.receive(event):
            if of_observer is event:
                self.call.observer.on_media(self.call, event)

    def open(self) -> None:
        """The WebSocket is open."""
        self.take(StreamOpened(self.call.leg_id, self.number, 104.0, is_resumed=False))

    def end(self, end: StreamEnd, reason: str = "") -> None:
        """The stream is over."""
        leg, facts = self.call.leg_id, StreamFacts()
        self.take(StreamOver(leg, self.number, end, reason, facts))

    @property
    def parameters(self) -> dict[str, str]:
        """What the server was told at the start."""
        return dict(self.agent.begin_stream.call_args[0][2])


async def test_the_websocket_is_opened_while_the_phone_rings() -> None:
    streamed = await Streamed().dial()
    streamed.ring()
    streamed.agent.begin_stream.assert_not_called()
    streamed.open()
    streamed.answer()

    stream = streamed.agent.open_stream.call_args[0][2]
    assert (stream.host, stream.addresses) == ("bots.example", ("192.0.2.1",))
    assert [name for name, _ in stream.headers] == ["X-Twilio-Signature"]
    assert (stream.resumes, stream.tls_ca) == (False, CA)
    streamed.agent.open_stream.assert_called_once()
    streamed.agent.begin_stream.assert_called_once()
    streamed.agent.hear_inband_digits.assert_called_once()


async def test_the_websocket_may_be_opened_only_at_the_answer() -> None:
    streamed = await Streamed(connect="answer").dial()
    streamed.ring()
    streamed.agent.open_stream.assert_not_called()
    streamed.answer()

    streamed.agent.open_stream.assert_called_once()


async def test_what_the_server_is_told() -> None:
    options = {
        "parameters": {"bot": "sales", "a": "1"},
        "sip_headers": ["Server", "X-No"],
    }
    hints = {"stream_parameters": {"a": "2", "to_number": "x"}}
    streamed = await Streamed(hints, **options).dial()
    streamed.answer()

    assert streamed.parameters == {
        "bot": "sales",
        "a": "2",
        "to_number": "anna",
        "from_number": "bvr",
        "outring_call_id": "call",
        "sip_server": "far end",
    }


@pytest.mark.parametrize(
    ("end", "how", "failed"),
    [
        (StreamEnd.CLOSED, "exit", None),
        (StreamEnd.LOST, "error", "The stream failed: Broken."),
        (StreamEnd.INVALID, "error", "The stream failed: Broken."),
    ],
)
async def test_the_call_ends_with_the_stream(
    end: StreamEnd, how: str, failed: str | None
) -> None:
    streamed = await Streamed().dial()
    streamed.answer()
    streamed.open()
    streamed.end(end, "Broken." if failed else "")

    assert streamed.call.application_end is not None
    assert streamed.call.application_end.how == how
    streamed.calls.hang_up.assert_called_once_with(
        streamed.call, EndRequester.APPLICATION, detail=failed
    )


async def test_whoever_hangs_up_has_ended_the_call() -> None:
    streamed = await Streamed().dial()
    streamed.answer()
    streamed.open()
    streamed.end(StreamEnd.HANGUP)

    streamed.calls.hang_up.assert_not_called()


async def test_a_server_that_cannot_be_reached_in_time_is_given_up() -> None:
    streamed = await Streamed(max_wait_ms=100).dial()
    streamed.answer()
    await until(lambda: streamed.calls.hang_up.called)

    streamed.agent.stop.assert_called_once_with(streamed.call.leg_id, streamed.number)
    streamed.call.receive(
        StreamOver(
            streamed.call.leg_id, streamed.number, StreamEnd.ASKED, "", StreamFacts()
        )
    )
    record = streamed.call.record()
    assert record.stream is not None
    assert record.stream.ended_by == "unreachable"
    assert record.stream.reason == "It was not open within 100 ms."


async def test_the_fallback_is_played_before_the_call_is_hung_up() -> None:
    streamed = await Streamed(fallback="http://h/sorry.wav").dial()
    released = Mock()
    streamed.sounds.load_clip = AsyncMock(
        return_value=Held(Clip(Path("sorry.wav")), released)
    )
    streamed.answer()
    streamed.end(StreamEnd.UNREACHABLE, "Refused.")
    await until(lambda: streamed.agent.play.called)
    streamed.calls.hang_up.assert_not_called()

    number = streamed.agent.play.call_args[0][1]
    streamed.take(Played(streamed.call.leg_id, number, Stop.FINISHED, 900))
    await until(lambda: streamed.calls.hang_up.called)
    released.assert_called_once()
    assert streamed.call.application_end is not None
    assert streamed.call.application_end.reason == "Refused."


async def test_a_fallback_that_cannot_be_had_is_no_silence_without_end() -> None:
    streamed = await Streamed(fallback="http://h/sorry.wav").dial()
    streamed.sounds.load_clip = AsyncMock(side_effect=SoundError("It is gone."))
    streamed.answer()
    streamed.end(StreamEnd.UNREACHABLE, "Refused.")

    await until(lambda: streamed.calls.hang_up.called)


async def test_a_verdict_behind_the_start_is_an_event() -> None:
    streamed = await Streamed({"bvr_callprogress": {}}).dial()
    streamed.answer()
    found = CallProgress(streamed.call.leg_id, ProgressType.HUMAN, 106.0, is_last=True)
    for _ in range(2):
        streamed.take(found)

    assert "amd" not in streamed.parameters
    streamed.agent.send_stream_event.assert_called_once_with(
        streamed.call.leg_id, streamed.number, {"amd": "human"}
    )


async def test_what_is_said_before_a_verdict_is_kept() -> None:
    streamed = await Streamed(start="human").dial()
    streamed.ring()

    assert streamed.agent.open_stream.call_args[0][2].keep_ms == 12_000


async def test_a_server_that_must_not_be_connected_to_rings_nobody() -> None:
    streamed = Streamed()
    calls = StreamCalls(streamed.services, frozenset({"stream"}))
    streamed.fetcher.locate_stream = AsyncMock(
        side_effect=FetchError(Failure.INVALID_URI, URL, "its host is not allowed")
    )
    with pytest.raises(RefusedError) as refused:
        await calls.locate(streamed.call.order)

    assert refused.value.result is Result.INVALID_URI
    with pytest.raises(RefusedError, match="capability stream"):
        await StreamCalls(streamed.services, frozenset()).locate(streamed.call.order)


async def test_what_clients_order_while_the_stream_runs() -> None:
    streamed = await Streamed().dial()
    calls = StreamCalls(streamed.services, frozenset({"stream"}))
    streamed.answer()
    sound, speech = (Held(Clip(Path(name)), Mock()) for name in ("a.wav", "b.wav"))
    streamed.sounds.load_clip = AsyncMock(return_value=sound)
    streamed.sounds.speak = AsyncMock(return_value=speech)
    for order in (
        PlayOrder(uri="http://h/a.wav", is_over=False),
        PlayOrder(text="Hello."),
        DigitsOrder("12#"),
        TransferOrder("sip:b@192.0.2.1"),
    ):
        await calls.order(streamed.call, order)

    leg = streamed.call.leg_id
    assert streamed.agent.play.call_args[0][2] == (sound.clip,)
    streamed.agent.pause_stream.assert_called_once_with(
        leg, streamed.number, is_paused=True
    )
    streamed.agent.send_digits.assert_called_once_with(leg, "12#")
    streamed.agent.refer.assert_called_once()
    streamed.take(Played(leg, streamed.agent.play.call_args[0][1], Stop.FINISHED, 9))
    assert streamed.agent.play.call_args[0][2] == (speech.clip,)


async def test_when_nothing_can_be_ordered() -> None:
    streamed = await Streamed().dial()
    with pytest.raises(RefusedError, match="not answered") as refused:
        control_of(streamed.call)
    assert refused.value.http_status is HTTPStatus.CONFLICT
    streamed.answer()
    assert control_of(streamed.call)
    streamed.end(StreamEnd.CLOSED)
    with pytest.raises(RefusedError, match="is over"):
        control_of(streamed.call)
    streamed.call.order.request = make_candidate().order.request
    with pytest.raises(RefusedError, match="by its document"):
        control_of(streamed.call)


@pytest.mark.parametrize(
    ("failure", "result"),
    [
        (SoundError("It is gone."), Result.INVALID_REQUEST),
        (TimeoutError, Result.REQUEST_TIMEOUT),
    ],
)
async def test_a_sound_that_cannot_be_had_is_refused(
    failure: Exception, result: Result
) -> None:
    streamed = await Streamed().dial()
    streamed.answer()
    streamed.sounds.load_clip = AsyncMock(side_effect=failure)
    calls = StreamCalls(streamed.services, frozenset({"stream"}))
    with pytest.raises(RefusedError) as refused:
        await calls.order(streamed.call, PlayOrder(uri="http://h/a.wav"))

    assert refused.value.result is result


async def test_a_sound_whose_stream_ends_while_it_is_loaded_is_released() -> None:
    streamed = await Streamed().dial()
    streamed.answer()
    released = Mock()

    async def load(_: str) -> Held:
        streamed.end(StreamEnd.CLOSED)
        return Held(Clip(Path("a.wav")), released)

    streamed.sounds.load_clip = load
    calls = StreamCalls(streamed.services, frozenset({"stream"}))
    with pytest.raises(RefusedError, match="is over"):
        await calls.order(streamed.call, PlayOrder(uri="http://h/a.wav"))

    released.assert_called_once()


async def test_nothing_is_left_of_a_call_that_has_ended() -> None:
    streamed = await Streamed().dial()
    streamed.answer()
    assert streamed.call.observer is not None
    observer = streamed.call.observer
    observer.on_ended(streamed.call, streamed.call.make_cancelled_end())
    streamed.end(StreamEnd.ASKED)

    streamed.calls.hang_up.assert_not_called()
    assert streamed.call.application_end == ApplicationEnd(HowEnded.EXIT)


def test_a_node_that_carries_streams_is_needed() -> None:
    streamed = make_candidate().order
    application = Application.model_validate(
        {"id": "a", "account": "b", "type": "STREAM", "uri": URL}
    )
    request = with_stream(streamed.request, application)

    assert capabilities_of(application, request) == {"outbound", "stream"}
    assert not needs_document(application, request)
