"""Say: what a request wants spoken to whoever answers. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta

from .voicemail import MOST_TEXT


class SayHint(msgspec.Struct, forbid_unknown_fields=True):
    """Speaks ``text`` of appData to whoever answers, and hangs up."""

    voice: Annotated[
        str | None, Meta(description="Language or name of the voice that speaks.")
    ] = None


@dataclass(frozen=True, slots=True)
class SayRequest:
    """A text, and the voice that speaks it; None is that of the settings."""

    text: str
    voice: str | None


def say_of(hint: SayHint | bool, data: str | Mapping[str, str] | None) -> SayRequest:
    """Return what *hint* asks for, with the text in the application *data*.

    Raises ValueError if there is none, or too much of it.
    """
    text = data if isinstance(data, str) else (data or {}).get("text", "")
    if not text.strip():
        raise ValueError("The hint say needs appData with a text")
    if len(text) > MOST_TEXT:
        raise ValueError(f"The text to say is longer than {MOST_TEXT} characters")
    return SayRequest(text, hint.voice if isinstance(hint, SayHint) else None)
