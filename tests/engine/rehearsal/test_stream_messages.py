"""What a call takes of a server's messages, and why it refuses others."""

import json

import pytest

from engine.rehearsal.stream_messages import (
    IgnoredMessage,
    ServerClear,
    ServerMark,
    ServerSound,
    StreamMessageError,
    StreamMessageWriter,
    read_server_message,
)
from sip.audio_stream import StreamFormat

MULAW, L16 = StreamFormat.MULAW_8K, StreamFormat.L16_16K


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ('{"event":"media","media":{"payload":"AAE="}}', ServerSound(b"\0\1")),
        ('{"event":"media","media":{"payload":""}}', ServerSound(b"")),
        ('{"event":"mark","mark":{"name":"said"}}', ServerMark("said")),
        ('{"event":"clear","streamSid":"MZ1"}', ServerClear()),
        ('{"event":"transcript"}', IgnoredMessage("transcript")),
    ],
)
def test_what_is_taken(text: str, read: object) -> None:
    assert read_server_message(text, MULAW) == read


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("hello", "It is not JSON."),
        ("[]", "It is JSON, and no object."),
        ('{"event":5}', 'It has no text as "event".'),
        ('{"event":""}', 'It has no text as "event".'),
        ('{"event":"media"}', 'It has no text as "media.payload".'),
        ('{"event":"media","media":{"payload":"AAE"}}', 'Its "media.payload" is no base64.'),
        ('{"event":"media","media":{"payload":"AA==AA=="}}', 'Its "media.payload" is no base64.'),
        ('{"event":"media","media":{"payload":"A E="}}', 'Its "media.payload" is no base64.'),
        ('{"event":"mark","mark":{"name":5}}', 'It has no text as "mark.name".'),
        (b"\0\0", "It is binary, and the stream has sound in JSON."),
    ],
)  # fmt: skip
def test_what_is_refused(message: str | bytes, reason: str) -> None:
    with pytest.raises(StreamMessageError) as error:
        read_server_message(message, MULAW)
    assert str(error.value) == reason


def test_a_mark_has_a_limit() -> None:
    text = json.dumps({"event": "mark", "mark": {"name": "ü" * 501}})
    with pytest.raises(StreamMessageError, match="more than 1000 bytes"):
        read_server_message(text, MULAW)


def nested(depth: int) -> str:
    """A message that a call has no use for, with so many lists in each other."""
    return '{"event":"x","y":' + "[" * depth + "]" * depth + "}"


@pytest.mark.parametrize(("depth", "is_taken"), [(31, True), (32, False), (9999, False)])  # fmt: skip
def test_depth_has_a_limit(depth: int, is_taken: bool) -> None:
    text = nested(depth)
    if is_taken:
        assert read_server_message(text, MULAW) == IgnoredMessage("x")
    else:
        with pytest.raises(StreamMessageError):
            read_server_message(text, MULAW)


def test_samples() -> None:
    assert read_server_message(b"\0\1", L16) == ServerSound(b"\0\1")
    with pytest.raises(StreamMessageError, match="odd number"):
        read_server_message(b"\0", L16)
    with pytest.raises(StreamMessageError, match="in JSON"):
        read_server_message('{"event":"media","media":{"payload":""}}', L16)


def test_messages_are_numbered() -> None:
    writer = StreamMessageWriter("AC1", "CA1", "MZ1")
    texts = [writer.media(0, b"\0"), writer.dtmf("5"), writer.mark("x"), writer.stop()]

    assert [json.loads(text)["sequenceNumber"] for text in texts] == [*"1234"]
