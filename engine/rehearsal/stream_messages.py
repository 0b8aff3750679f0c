"""The messages of audio streams, as ``sip/native/stream_messages.hpp`` writes and reads them.

Those that a server gets, and what of a server's messages a call takes. Pure.
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from sip.audio_stream import StreamFormat

FRAME_MS = 20
MAX_MARK_NAME = 1_000  # bytes
DEEPEST = 32  # objects and lists within each other
CONNECTED = '{"event":"connected","protocol":"Call","version":"1.0.0"}'


class StreamMessageWriter:
    """Writes the messages of one WebSocket, which are numbered from 1."""

    def __init__(self, account_sid: str, call_sid: str, stream_sid: str) -> None:
        self._ids = {"accountSid": account_sid, "callSid": call_sid}
        self._stream_sid = stream_sid
        self._sequence = 0

    def start(
        self, form: StreamFormat, parameters: Mapping[str, str], *, is_resumed: bool
    ) -> str:
        """Return the message that far end and server begin to hear each other."""
        encoding = "audio/x-l16" if form.is_binary else "audio/x-mulaw"
        media = {"encoding": encoding, "sampleRate": form.rate, "channels": 1}
        start = {
            "accountSid": self._ids["accountSid"],
            "streamSid": self._stream_sid,
            "callSid": self._ids["callSid"],
            "tracks": ["inbound"],
            "mediaFormat": media,
            "customParameters": dict(parameters),
        }
        return self._write("start", start | ({"resumed": True} if is_resumed else {}))

    def media(self, number: int, sound: bytes) -> str:
        """Return the frame *number*, counted from 0 since the far end was heard first."""
        media = {
            "track": "inbound",
            "chunk": str(number + 1),
            "timestamp": str(number * FRAME_MS),
            "payload": b64encode(sound).decode(),
        }
        return self._write("media", media)

    def dtmf(self, digit: str) -> str:
        """Return the message that the far end has pressed *digit*."""
        dtmf = {"track": "inbound_track", "digit": digit}
        number, sid = self._next(), self._stream_sid
        return _encode(
            {"event": "dtmf", "streamSid": sid, "sequenceNumber": number, "dtmf": dtmf}
        )

    def mark(self, name: str) -> str:
        """Return the mark that was played or cleared."""
        number, sid = self._next(), self._stream_sid
        return _encode(
            {
                "event": "mark",
                "sequenceNumber": number,
                "streamSid": sid,
                "mark": {"name": name},
            }
        )

    def stop(self) -> str:
        """Return the message that the stream is over."""
        return self._write("stop", self._ids)

    def _write(self, event: str, member: Mapping[str, Any]) -> str:
        head = {"event": event, "sequenceNumber": self._next(), event: member}
        return _encode({**head, "streamSid": self._stream_sid})

    def _next(self) -> str:
        self._sequence += 1
        return str(self._sequence)


def _encode(message: Mapping[str, Any]) -> str:
    return msgspec.json.encode(message).decode()


class StreamMessageError(Exception):
    """A message of a server is refused. Its text is a sentence."""


@dataclass(frozen=True, slots=True)
class ServerSound:
    """What the far end is to hear, in the form of the stream."""

    sound: bytes


@dataclass(frozen=True, slots=True)
class ServerMark:
    """Comes back once all before it was played."""

    name: str


@dataclass(frozen=True, slots=True)
class ServerClear:
    """Throws away what waits to be played."""


@dataclass(frozen=True, slots=True)
class IgnoredMessage:
    """A message of a kind that a call has no use for."""

    event: str


ServerMessage = ServerSound | ServerMark | ServerClear | IgnoredMessage


def read_server_message(data: str | bytes, form: StreamFormat) -> ServerMessage:
    """Return what a call would take a message for; raises StreamMessageError.

    *data* is a text message, or, as bytes, a binary one.
    """
    if isinstance(data, bytes):
        return _read_samples(data, form)
    message = _read_object(data)
    event = message["event"]
    match event:
        case "media":
            return _read_media(_member(message, "media", "payload"), form)
        case "mark":
            return _read_mark(_member(message, "mark", "name"))
        case "clear":
            return ServerClear()
        case _:
            return IgnoredMessage(event)


def _read_samples(data: bytes, form: StreamFormat) -> ServerSound:
    if not form.is_binary:
        raise StreamMessageError("It is binary, and the stream has sound in JSON.")
    if len(data) % 2:
        raise StreamMessageError("It has half a sample: its bytes are an odd number.")
    return ServerSound(data)


def _read_object(text: str) -> dict[str, Any]:
    try:
        message = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise StreamMessageError("It is not JSON.") from None
    if not isinstance(message, dict):
        raise StreamMessageError("It is JSON, and no object.")
    if not isinstance(message.get("event"), str) or not message["event"]:
        raise StreamMessageError('It has no text as "event".')
    if _is_deeper(message, DEEPEST):
        raise StreamMessageError(f"It has more than {DEEPEST} objects in each other.")
    return message


def _is_deeper(value: object, depth: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    within = value.values() if isinstance(value, dict) else value
    return depth == 0 or any(_is_deeper(part, depth - 1) for part in within)


def _member(message: dict[str, Any], name: str, member: str) -> str:
    value = message.get(name)
    text = value.get(member) if isinstance(value, dict) else None
    if not isinstance(text, str):
        raise StreamMessageError(f'It has no text as "{name}.{member}".')
    return text


def _read_media(payload: str, form: StreamFormat) -> ServerSound:
    if form.is_binary:
        raise StreamMessageError("It has sound in JSON, and the stream has it binary.")
    try:
        return ServerSound(b64decode(payload, validate=True))
    except (binascii.Error, ValueError):
        raise StreamMessageError('Its "media.payload" is no base64.') from None


def _read_mark(name: str) -> ServerMark:
    if len(name.encode(errors="replace")) > MAX_MARK_NAME:
        raise StreamMessageError(
            f'Its "mark.name" has more than {MAX_MARK_NAME} bytes.'
        )
    return ServerMark(name)
