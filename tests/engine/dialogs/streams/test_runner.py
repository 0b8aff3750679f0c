"""The dialog that joins a call to a WebSocket, without a network."""

from typing import Any
from unittest.mock import Mock

import pytest

from engine.dialogs.dialog import ExitDialog, FailDialog
from engine.dialogs.streams.runner import StreamRunner
from engine.dialogs.streams.stream_link import StreamMedia
from sip.audio_stream import StreamEnd, StreamFacts
from sip.events import LegId, StreamOpened, StreamOver
from tests.engine.calls.sessions import STREAM
from tests.engine.tasks.test_background import until

LEG = LegId("leg")
FACTS = StreamFacts()


class Talk:
    """An answered call with a dialog of this type, which has started."""

    def __init__(self, *, max_wait_s: float = 60.0, is_heard: bool = True) -> None:
        self.media = Mock(spec=StreamMedia)
        self.media.open.return_value = 7
        self.ended: list[object] = []
        self.runner = StreamRunner(
            Mock(leg_id=LEG, stream=self.media),
            STREAM,
            {"a": "b"},
            max_wait_s=max_wait_s,
            is_heard=is_heard,
            hears=True,
            on_ended=self.ended.append,
        )
        self.runner.start()

    def open(self) -> None:
        """The WebSocket is open."""
        self.runner.on_media(StreamOpened(LEG, 7, 1.0, is_resumed=False))

    def end(self, end: StreamEnd, reason: str = "", number: int = 7) -> None:
        """The stream *number* is over."""
        self.runner.on_media(StreamOver(LEG, number, end, reason, FACTS))


@pytest.mark.parametrize(
    ("end", "last"),
    [
        (StreamEnd.CLOSED, ExitDialog({"reason": "closed"})),
        (StreamEnd.HANGUP, ExitDialog({"reason": "hangup"})),
        (StreamEnd.LOST, FailDialog("Broken.")),
        (StreamEnd.INVALID, FailDialog("Broken.")),
    ],
)
async def test_how_it_ends(end: StreamEnd, last: object) -> None:
    talk = Talk()
    talk.media.begin.assert_called_once_with(7, {"a": "b"})
    talk.open()
    talk.end(end, "Broken.")
    talk.runner.on_hung_up()

    assert talk.ended == [last]


@pytest.mark.parametrize(
    ("way", "reason"), [("terminate", "terminated"), ("on_hung_up", "hangup")]
)
async def test_who_ends_it(way: str, reason: str) -> None:
    talk = Talk()
    getattr(talk.runner, way)()

    assert talk.ended == [ExitDialog({"reason": reason})]
    talk.media.close.assert_called_once()


async def test_the_end_of_another_stream_is_none_of_it() -> None:
    talk = Talk()
    talk.end(StreamEnd.CLOSED, number=6)
    talk.runner.close()
    talk.end(StreamEnd.ASKED)

    assert talk.ended == []


async def test_no_wait_is_endless() -> None:
    talk = Talk(max_wait_s=0.01)
    await until(lambda: talk.ended)

    assert isinstance(talk.ended[0], FailDialog)
    talk.media.give_up.assert_called_once()


async def test_what_an_application_sends_is_an_event() -> None:
    talk = Talk()
    talk.runner.send("look", {"at": 1})

    talk.media.send_event.assert_called_once_with(7, {"at": 1, "name": "look"})


async def test_who_is_muted_is_not_heard() -> None:
    heard, unheard = Talk(), Talk(is_heard=False)
    heard.media.pause.assert_not_called()
    heard.runner.mute()

    for talk in (heard, unheard):
        talk.media.pause.assert_called_once_with(7, is_paused=True)
        talk.runner.close()


async def test_who_was_muted_is_heard_again() -> None:
    talk = Talk()
    talk.runner.mute()
    talk.runner.unmute()

    talk.media.pause.assert_called_with(7, is_paused=False)
    talk.runner.close()


async def test_a_defect_ends_it() -> None:
    talk = Talk()
    talk.media.pause.side_effect = RuntimeError
    talk.runner.mute()
    last: Any = talk.ended[0]

    assert last == FailDialog("Internal Error.")
