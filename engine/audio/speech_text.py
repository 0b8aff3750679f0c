"""Makes texts safe for a speech program. Pure.

A program such as espeak-ng reads more than words: ``[[`` begins phonemes, control
characters begin commands, and SSML may name files that the program then opens.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from xml.parsers import expat

from engine.config.settings import VOICE_PATTERN

from .errors import SoundError

MAX_ATTRIBUTE = 100
_VOICE = re.compile(VOICE_PATTERN)

_SILENT = frozenset({"desc", "lexicon", "mark", "meta", "metadata"})
"""Elements whose content is not spoken."""
_TAKEN: Mapping[str, frozenset[str]] = {
    "break": frozenset({"strength", "time"}),
    "emphasis": frozenset({"level"}),
    "p": frozenset({"xml:lang"}),
    "prosody": frozenset({"pitch", "range", "rate", "volume"}),
    "s": frozenset({"xml:lang"}),
    "say-as": frozenset({"format", "interpret-as"}),
    "speak": frozenset({"xml:lang"}),
    "sub": frozenset({"alias"}),
    "voice": frozenset({"gender", "name", "variant", "xml:lang"}),
}
"""Elements of SSML 1.0 that are passed on, with their attributes."""
_NAMES_A_VOICE = frozenset({"name", "xml:lang"})
# Beside the control characters also halves of pairs, which are no characters.
_UNSPEAKABLE = re.compile("[\x00-\x20\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")
_OPENING = re.compile(r"\[(?=\[)")


@dataclass(frozen=True, slots=True)
class Speech:
    """What is spoken, and by which voice; *text* is SSML if *is_ssml*."""

    text: str
    voice: str
    is_ssml: bool = False

    def key(self, speaker: str) -> str:
        """Return the cache key of this speech as *speaker* speaks it: a SHA-256 in hex."""
        parts = speaker, self.voice, str(self.is_ssml), self.text
        return sha256("\0".join(parts).encode()).hexdigest()


def speech_of(text: str, voice: str, max_chars: int, *, is_ssml: bool) -> Speech:
    """Return *text* as a Speech that is safe for a speech program.

    *voice* is a language or the name of a voice. *is_ssml*: the text is a document of SSML
    1.0. Raises SoundError if it has more than *max_chars* characters or nothing to say, or
    *voice* is neither.

    Of SSML only the elements and attributes of ``_TAKEN`` remain. The content of other
    elements is spoken without them, except for elements that are never spoken
    (``_SILENT``).
    """
    if len(text) > max_chars:
        reason = f"The text has {len(text)} characters, and {max_chars} may be spoken."
        raise SoundError(reason)
    if not _VOICE.fullmatch(voice):
        raise SoundError("The name of the voice is not that of a voice or language.")
    said = _Ssml().rewrite(text) if is_ssml else _replace_commands(text).strip()
    if not said:
        raise SoundError("There is nothing to say.")
    return Speech(said, voice, is_ssml)


def _replace_commands(text: str) -> str:
    return _OPENING.sub("[ ", _UNSPEAKABLE.sub(" ", text))


class _Ssml:
    """Writes SSML anew from what an XML parser reads, so that only known marks get through."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._open: list[str | None] = []  # None: its marks were dropped
        self._silent = 0  # how many silent elements we are in
        self._parser = expat.ParserCreate("utf-8")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._on_doctype
        self._parser.StartElementHandler = self._on_start
        self._parser.EndElementHandler = self._on_end
        self._parser.CharacterDataHandler = self._on_text

    def rewrite(self, text: str) -> str:
        """Return *text* without what is not passed on; raises SoundError. To be used once."""
        try:
            self._parser.Parse(text.encode(errors="replace"), True)
        except expat.ExpatError as error:
            reason = f"The SSML is not well-formed XML: {expat.ErrorString(error.code)}, line {error.lineno}."
            raise SoundError(reason) from error
        return "".join(self._parts)

    def _on_doctype(self, *_: object) -> None:
        raise SoundError("The SSML has a document type, and must not.")

    def _on_start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if not self._open and name != "speak":
            raise SoundError("The SSML does not begin with <speak>.")
        is_taken = name in _TAKEN and not self._silent
        self._open.append(name if is_taken else None)
        if name in _SILENT or self._silent:
            self._silent += 1
        elif is_taken:
            self._parts.append(f"<{name}{_format_attributes(name, attributes)}>")
        else:
            self._parts.append(" ")  # keeps words around a dropped mark apart

    def _on_end(self, _: str) -> None:
        name = self._open.pop()
        if self._silent:
            self._silent -= 1
        elif name is not None:
            self._parts.append(f"</{name}>")
        else:
            self._parts.append(" ")

    def _on_text(self, text: str) -> None:
        if not self._silent:
            self._parts.append(escape(_replace_commands(text), quote=False))


def _format_attributes(tag: str, attributes: Mapping[str, str]) -> str:
    return "".join(
        f' {name}="{escape(_replace_commands(value))}"'
        for name, value in attributes.items()
        if name in _TAKEN[tag]
        and len(value) <= MAX_ATTRIBUTE
        and (name not in _NAMES_A_VOICE or _VOICE.fullmatch(value))
    )
