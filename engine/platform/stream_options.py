"""The options of an application of type STREAM, whose calls are joined to a WebSocket. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StrictInt,
    StringConstraints,
)

from engine.config.toml_file import NO_NUL, ConfigModel
from sip.audio_stream import StreamFormat

from .number_rules import MAX_PATTERN_LENGTH, Pattern
from .object_fields import decode_json

MAX_URL_LENGTH = 2048
MAX_PARAMETERS = 50
DROP = "drop:"
"""What a value of ``on_machine`` begins with that names a sound."""


class StreamStart(StrEnum):
    """When far end and server begin to hear each other."""

    ANSWER = "answer"
    VERDICT = "verdict"  # call progress analysis has ended, and not found a machine
    HUMAN = "human"  # it has found a person


class StreamConnect(StrEnum):
    """When the WebSocket is opened."""

    RINGING = "ringing"
    ANSWER = "answer"


class OnLost(StrEnum):
    """What becomes of a call whose WebSocket is lost."""

    HANGUP = "hangup"
    RECONNECT = "reconnect"


def check_stream_url(text: str) -> str:
    """Return *text* if it is a ws or wss URL with a host; raises ValueError."""
    try:
        url = urlsplit(text)
        host, _ = url.hostname, url.port
    except ValueError:
        host = None
    if not host or url.scheme not in ("ws", "wss"):
        raise ValueError("the URL of a stream is no ws or wss one with a host")
    if url.username is not None or url.fragment:
        raise ValueError("the URL of a stream has a user or a fragment")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("the URL of a stream has characters that must be escaped")
    return text


def check_parameters(parameters: Mapping[str, str]) -> Mapping[str, str]:
    """Return *parameters* if a server may be given them; raises ValueError."""
    if len(parameters) > MAX_PARAMETERS:
        raise ValueError(f"a stream has more than {MAX_PARAMETERS} parameters")
    for name, value in parameters.items():
        if not 1 <= len(name) <= 64 or len(value) > 500:
            raise ValueError(
                "a parameter of a stream has a name of 1 to 64 characters, and a value of"
                " at most 500"
            )
    return parameters


Sound = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_URL_LENGTH, pattern=NO_NUL)
]
HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$")]
UrlPattern = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_PATTERN_LENGTH, pattern=NO_NUL)
]


class StreamOptions(ConfigModel):
    """How the calls of an application of type STREAM are joined to their WebSocket."""

    parameters: Annotated[dict[str, str], AfterValidator(check_parameters)] = Field(
        default_factory=dict,
        description="What the server gets as customParameters, beside what is known of "
        "the call.",
    )
    start: StreamStart = Field(
        StreamStart.ANSWER,
        description="When far end and server begin to hear each other: at the answer, once "
        "no machine was found, or once a person was.",
    )
    on_machine: Annotated[
        str,
        StringConstraints(
            pattern=rf"^(hangup|stream|{DROP}[^\x00]+)$", max_length=MAX_URL_LENGTH
        ),
    ] = Field(
        "hangup",
        description="What a machine gets where start waits for a verdict: hangup, stream, "
        "or drop: and the URI of a sound that is left behind its beep.",
    )
    on_end: Literal["hangup"] = Field(
        "hangup", description="What becomes of the call when the stream is over."
    )
    on_lost: OnLost = Field(
        OnLost.HANGUP,
        description="Whether a WebSocket that is lost is opened again, three times in "
        "three seconds, before the call is hung up.",
    )
    max_wait_ms: StrictInt = Field(
        2_000,
        ge=100,
        le=60_000,
        description="Milliseconds from the start until the WebSocket must be open.",
    )
    format: StreamFormat = Field(
        StreamFormat.MULAW_8K,
        description="How sound travels: base64 in JSON, or binary messages of 16-bit "
        "samples.",
    )
    connect: StreamConnect = Field(
        StreamConnect.RINGING,
        description="Whether the WebSocket is opened while the phone rings, or at the answer.",
    )
    fallback: Sound | None = Field(
        None,
        description="URI of a sound that is played before the call is hung up, if there "
        "is no WebSocket.",
    )
    allowed_urls: tuple[UrlPattern, ...] = Field(
        (),
        max_length=50,
        description="URLs, or regular expressions for the whole of one, that the hint "
        "stream_url may name.",
    )
    sip_headers: tuple[HeaderName, ...] = Field(
        (),
        max_length=32,
        description="SIP headers of the answer, or else of the request, that the server "
        "gets as parameters sip_….",
    )

    def allows_url(self, url: str) -> bool:
        """Whether the hint ``stream_url`` may name *url*."""
        return any(Pattern(pattern).matches(url) for pattern in self.allowed_urls)

    @property
    def dropped_sound(self) -> str | None:
        """The URI of the sound that a machine gets; None: it gets none."""
        is_drop = self.on_machine.startswith(DROP)
        return self.on_machine.removeprefix(DROP) if is_drop else None


StreamField = Annotated[StreamOptions, BeforeValidator(decode_json)]
