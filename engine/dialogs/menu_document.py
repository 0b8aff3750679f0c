"""Reads menu documents: JSON of the type ``application/x-outring-menu+json``, strictly."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from sip.media import DIGITS, Silence, Tone

from .dialog import AudioPrompt, Prompt, SpeechPrompt, StartRecording
from .digit_rules import MAX_DIGITS, MAX_PATTERN, DigitRules, compile_pattern
from .menu import MenuDefinition

MAX_CHARS = 65_536  # of a document
MAX_PROMPTS = 32  # in one list
MAX_ALLOWED = 1000
MAX_TRIES = 20
MAX_TEXT = 5000
MAX_WAIT_MS = 60_000
MAX_SOUND_MS = 600_000  # of a tone or silence
MAX_RECORDING_MS = 600_000

_PLACE = re.compile(r"\{([A-Za-z_$][\w$.]*)\}")

Wait = Annotated[int, Meta(ge=0, le=MAX_WAIT_MS)]
Sound = Annotated[int, Meta(ge=1, le=MAX_SOUND_MS)]
Count = Annotated[int, Meta(ge=1, le=MAX_DIGITS)]
Keys = Annotated[str, Meta(pattern=r"^[0-9*#A-D]*$", max_length=len(DIGITS))]
Answer = Annotated[str, Meta(pattern=r"^[0-9*#A-D]+$", max_length=MAX_DIGITS)]
Voice = Annotated[str, Meta(min_length=1, max_length=64)]
Hertz = Annotated[int, Meta(ge=20, le=3900)]


class _Strict(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What has no other members."""


class PromptPart(_Strict, frozen=True, kw_only=True):
    """One of ``audio``, ``text``, ``tone`` and ``silence_ms``, and what belongs to it."""

    audio: Annotated[str, Meta(min_length=1, max_length=8192)] | None = None
    text: Annotated[str, Meta(min_length=1, max_length=MAX_TEXT)] | None = None
    voice: Voice | None = None
    tone: Annotated[tuple[Hertz, ...], Meta(min_length=1, max_length=2)] | None = None
    on_ms: Sound = 500
    off_ms: Annotated[int, Meta(ge=0, le=MAX_SOUND_MS)] = 0
    count: Annotated[int, Meta(ge=1, le=1000)] = 1
    silence_ms: Sound | None = None

    def __post_init__(self) -> None:
        """Refuse what is nothing, or two things, or too long."""
        kinds = (self.audio, self.text, self.tone, self.silence_ms)
        if sum(kind is not None for kind in kinds) != 1:
            raise ValueError("give one of audio, text, tone and silence_ms")
        if self.voice is not None and self.text is None:
            raise ValueError("a voice belongs to a text")
        if (self.on_ms + self.off_ms) * self.count > MAX_SOUND_MS:
            raise ValueError(f"a tone is over after {MAX_SOUND_MS} ms")


Prompts = Annotated[tuple[PromptPart, ...], Meta(max_length=MAX_PROMPTS)]


class DigitsPart(_Strict, frozen=True, kw_only=True):
    """Which digits are asked for."""

    length: Count | None = None
    min: Count | None = None
    max: Count | None = None
    terminator: Keys = ""
    allowed: (
        Annotated[tuple[Answer, ...], Meta(min_length=1, max_length=MAX_ALLOWED)] | None
    ) = None
    pattern: Annotated[str, Meta(min_length=1, max_length=MAX_PATTERN)] | None = None

    def __post_init__(self) -> None:
        """Refuse what no digits can fit."""
        if self.length is not None and (self.min, self.max) != (None, None):
            raise ValueError("give length, or min and max")
        if self.allowed is not None and self.pattern is not None:
            raise ValueError("give allowed or pattern")
        rules = self.to_rules()
        if rules.least > rules.most:
            raise ValueError("min is above max")
        if self.allowed is None:
            return
        if not any(map(rules.accepts, self.allowed)):
            raise ValueError("none of allowed has the length")
        if set("".join(self.allowed)) & set(self.terminator):
            raise ValueError("a terminator is no part of what is allowed")

    def to_rules(self) -> DigitRules:
        """The same as ``DigitRules``; raises ValueError."""
        sizes = [len(answer) for answer in self.allowed or ()]
        least = self.length or self.min or min(sizes, default=1)
        most = self.length or self.max or max(sizes, default=max(least, 1))
        return DigitRules(
            least,
            most,
            self.terminator,
            frozenset(self.allowed or ()),
            None if self.pattern is None else compile_pattern(self.pattern),
        )


class TimeoutsPart(_Strict, frozen=True, kw_only=True):
    """How long digits are waited for."""

    initial_ms: Wait = 5000
    interdigit_ms: Wait = 3000
    final_ms: Wait = 1000


class RecordPart(_Strict, frozen=True, kw_only=True):
    """How the caller is recorded."""

    max_ms: Annotated[int, Meta(ge=100, le=MAX_RECORDING_MS)] = 60_000
    silence_ms: Annotated[int, Meta(ge=100, le=MAX_WAIT_MS)] | None = 3000
    stops_on: Keys = "#"
    beep: bool = True


class MenuDocument(_Strict, frozen=True, kw_only=True):
    """A whole menu, as its JSON is written."""

    prompts: Prompts = ()
    voice: Voice | None = None
    digits: DigitsPart | None = None
    bargein: bool = True
    timeouts: TimeoutsPart = TimeoutsPart()
    tries: Annotated[int, Meta(ge=1, le=MAX_TRIES)] = 3
    noinput: Prompts = ()
    nomatch: Prompts = ()
    failed: Prompts = ()
    match: Prompts = ()
    record: RecordPart | None = None
    recorded: Prompts = ()

    def __post_init__(self) -> None:
        """Refuse what does nothing."""
        if not self.prompts and self.digits is None and self.record is None:
            raise ValueError("give prompts, digits or record")


def read_menu(text: str, base: str, parameters: Mapping[str, Any]) -> MenuDefinition:
    """The menu of the document *text*, which stands at *base*.

    ``{name}`` in a text to be spoken stands for the parameter *name*. Raises ValueError
    or ``msgspec.MsgspecError`` with one sentence.
    """
    if len(text) > MAX_CHARS:
        raise ValueError(f"a menu has at most {MAX_CHARS} characters")
    document = msgspec.json.decode(text, type=MenuDocument)
    waits, record = document.timeouts, None
    if document.record is not None:
        record = StartRecording(**msgspec.structs.asdict(document.record))

    def prompts(parts: Sequence[PromptPart]) -> tuple[Prompt, ...]:
        return tuple(_read_prompts(parts, base, parameters, document.voice))

    return MenuDefinition(
        prompts=prompts(document.prompts),
        digits=None if document.digits is None else document.digits.to_rules(),
        bargein=document.bargein,
        initial_s=waits.initial_ms / 1000,
        interdigit_s=waits.interdigit_ms / 1000,
        final_s=waits.final_ms / 1000,
        tries=document.tries,
        noinput=prompts(document.noinput),
        nomatch=prompts(document.nomatch),
        failed=prompts(document.failed),
        match=prompts(document.match),
        record=record,
        recorded=prompts(document.recorded),
    )


def _read_prompts(
    parts: Sequence[PromptPart],
    base: str,
    parameters: Mapping[str, Any],
    voice: str | None,
) -> Iterator[Prompt]:
    for part in parts:
        if part.audio is not None:
            yield AudioPrompt(part.audio, base)
        elif part.text is not None:
            yield SpeechPrompt(
                fill_parameters(part.text, parameters), part.voice or voice
            )
        elif part.tone is not None:
            yield Tone(part.tone, part.on_ms, part.off_ms, part.count)
        elif part.silence_ms is not None:
            yield Silence(part.silence_ms)


def fill_parameters(text: str, parameters: Mapping[str, Any]) -> str:
    """*text* with each ``{name}`` replaced by that parameter; raises ValueError for an
    unknown one.
    """

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in parameters:
            raise ValueError(f"the text names a parameter {name}, which is not given")
        parameter = parameters[name]
        return (
            parameter
            if isinstance(parameter, str)
            else msgspec.json.encode(parameter).decode()
        )

    spoken = _PLACE.sub(value, text)
    if len(spoken) > MAX_TEXT:
        raise ValueError(f"a text has at most {MAX_TEXT} characters")
    return spoken
