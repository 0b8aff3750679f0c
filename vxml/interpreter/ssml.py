"""Builds SSML for the speech program, of the marks that it knows."""

import re
from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

KEPT: Mapping[str, tuple[str, ...]] = {
    "emphasis": ("level",),
    "p": ("xml:lang",),
    "phoneme": ("alphabet", "ph"),
    "prosody": ("contour", "duration", "pitch", "range", "rate", "volume"),
    "s": ("xml:lang",),
    "say-as": ("interpret-as", "format", "detail"),
    "voice": ("age", "gender", "name", "variant", "xml:lang"),
}
_OTHER_NAMES = {"paragraph": "p", "sentence": "s"}
_NOT_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Utterance:
    """A text that is being built, with the marks that are open around it."""

    def __init__(self) -> None:
        self._open: list[tuple[str, str]] = []
        self._ssml: list[str] = []
        self._text: list[str] = []

    def say(self, text: str) -> None:
        """Append *text*, which is no markup."""
        clean = _NOT_XML.sub(" ", text)
        self._text.append(clean)
        self._ssml.append(escape(clean))

    def begin(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Open a mark, if it is a known one; must be followed by ``end``."""
        tag = _OTHER_NAMES.get(tag, tag)
        written = "".join(
            f" {name}={quoteattr(_NOT_XML.sub(' ', attributes[name]))}"
            for name in KEPT.get(tag, ())
            if name in attributes
        )
        known = tag if tag in KEPT else ""
        self._open.append((known, written))
        if known:
            self._ssml.append(f"<{known}{written}>")

    def end(self) -> None:
        """Close the mark that was opened last."""
        known, _ = self._open.pop()
        if known:
            self._ssml.append(f"</{known}>")

    def take(self) -> tuple[str, str]:
        """Return text and SSML so far; marks that are open continue in what follows."""
        closing = "".join(f"</{tag}>" for tag, _ in reversed(self._open) if tag)
        text = " ".join("".join(self._text).split())
        ssml = " ".join(("".join(self._ssml) + closing).split())
        self._text = []
        self._ssml = [f"<{tag}{written}>" for tag, written in self._open if tag]
        return text, ssml
