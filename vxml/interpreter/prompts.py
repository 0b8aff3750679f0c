"""Prompts: which are said, what they consist of when they are, and what waits to be played."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from vxml import commands as c
from vxml.document import prompt_content as s
from vxml.document.executable_content import Prompt
from vxml.document.properties import Properties

from .control_flow import Exceeded
from .scopes import UNDEFINED
from .session_state import SessionState
from .ssml import Utterance

_STRENGTHS = {
    "none": 0.0,
    "x-weak": 0.1,
    "weak": 0.2,
    "small": 0.2,
    "medium": 0.4,
    "strong": 0.8,
    "large": 0.8,
    "x-strong": 1.2,
}
USUAL_BREAK = 0.4


@dataclass(frozen=True, slots=True)
class Marked:
    """A mark called *name* is reached when what is before it was played."""

    name: str


@dataclass(frozen=True, slots=True)
class Queued:
    """One prompt that waits to be played."""

    items: tuple[c.Item | Marked, ...]
    bargein: bool
    timeout_s: float | None


@dataclass(frozen=True, slots=True)
class Enumerable:
    """What ``enumerate`` tells of a choice or option."""

    speech: tuple[s.Speech, ...]
    keys: str


@dataclass(frozen=True, slots=True)
class Setting:
    """In which document and dialog a prompt stands."""

    base: str
    language: str | None
    properties: Properties
    enumerables: tuple[Enumerable, ...] = ()


class PromptQueue:
    """What waits to be played."""

    def __init__(self, desk: SessionState) -> None:
        self._desk = desk
        self.waiting: list[Queued] = []

    def add(self, prompt: Prompt, setting: Setting) -> None:
        """Say *prompt*, its condition aside; raises ScriptError, or Exceeded."""
        base = urljoin(setting.base, prompt.base) if prompt.base else setting.base
        maker = _Maker(self._desk, base, prompt.lang or setting.language, setting)
        items = tuple(maker.items(prompt.speech))
        bargein = prompt.bargein
        if bargein is None:
            bargein = setting.properties.is_true("bargein")
        if items or prompt.timeout is not None:
            self.waiting.append(Queued(items, bargein, prompt.timeout))
        self._check_size()

    def take(self) -> list[Queued]:
        """All that waits; nothing does any more."""
        waiting, self.waiting = self.waiting, []
        return waiting

    @property
    def timeout_s(self) -> float | None:
        """How long an answer may take, as the last prompt says that says it."""
        given = [one.timeout_s for one in self.waiting if one.timeout_s is not None]
        return given[-1] if given else None

    def _check_size(self) -> None:
        limits = self._desk.limits
        items = [item for one in self.waiting for item in _all(one.items)]
        if len(items) > limits.prompt_items:
            raise Exceeded(f"more than {limits.prompt_items} sounds wait to be played")
        said = sum(len(one.text) for one in items if isinstance(one, c.Speech))
        if said > limits.prompt_characters:
            raise Exceeded(
                f"more than {limits.prompt_characters} characters to be said"
            )


def chosen(prompts: Sequence[Prompt], count: int, is_true: Any) -> list[Prompt]:
    """Those to be said the *count*-th time (VoiceXML 2.0, 4.1.6)."""
    fitting = [
        one
        for one in prompts
        if one.count <= count and (one.cond is None or is_true(one.cond.text))
    ]
    highest = max((one.count for one in fitting), default=0)
    return [one for one in fitting if one.count == highest]


def plain(speech: Iterable[s.Speech]) -> str:
    """The words of *speech* without anything else."""
    words = [
        one.text
        if isinstance(one, s.Words)
        else plain(one.speech)
        if isinstance(one, s.Styled | s.Audio)
        else ""
        for one in speech
    ]
    return " ".join("".join(words).split())


def _all(items: Iterable[c.Item | Marked]) -> Iterator[c.Item | Marked]:
    for one in items:
        yield one
        if isinstance(one, c.Audio):
            yield from _all(one.otherwise)


class _Maker:
    """Makes of speech what is played, with the values that variables have now."""

    def __init__(
        self, desk: SessionState, base: str, language: str | None, setting: Setting
    ) -> None:
        self._desk = desk
        self._scopes = desk.scopes
        self._base = base
        self._language = language
        self._setting = setting
        self._utterance = Utterance()

    def items(self, speech: Iterable[s.Speech]) -> Iterator[c.Item | Marked]:
        yield from self._say(speech)
        yield from self._spoken()

    def _spoken(self) -> Iterator[c.Speech]:
        """What was put together until now."""
        text, ssml = self._utterance.take()
        if text:
            yield c.Speech(text, ssml, self._language)

    def _say(self, speech: Iterable[s.Speech]) -> Iterator[c.Item | Marked]:
        for one in speech:
            self._desk.step()
            match one:
                case s.Words():
                    self._utterance.say(one.text)
                case s.Value():
                    self._utterance.say(self._scopes.text(one.expr.text))
                case s.Styled(tag="sub"):
                    self._utterance.say(one.attributes.get("alias", ""))
                case s.Styled():
                    self._utterance.begin(one.tag, one.attributes)
                    yield from self._say(one.speech)
                    self._utterance.end()
                case s.Each():
                    with self._scopes.loop(one.array.text) as count:
                        for index in range(count):
                            self._scopes.take_item(one.item, index)
                            yield from self._say(one.speech)
                case s.Enumerate():
                    yield from self._enumerate(one)
                case s.Audio() | s.Break() | s.Mark():
                    yield from self._spoken()
                    yield from self._sound(one)

    def _sound(self, one: s.Audio | s.Break | s.Mark) -> Iterator[c.Item | Marked]:
        match one:
            case s.Break():
                usual = _STRENGTHS.get(one.strength or one.size or "", USUAL_BREAK)
                yield c.Silence(usual if one.time is None else one.time)
            case s.Mark():
                named = one.nameexpr
                yield Marked(self._scopes.text(named.text) if named else one.name or "")
            case s.Audio():
                yield from self._audio(one)

    def _audio(self, one: s.Audio) -> Iterator[c.Item | Marked]:
        src: Any = one.src
        if one.expr is not None:
            src = self._scopes.evaluate(one.expr.text)
            if src is UNDEFINED or src is None:
                return  # and nothing is said instead (VoiceXML 2.1, 3)
        maker = _Maker(self._desk, self._base, self._language, self._setting)
        otherwise = tuple(
            item for item in maker.items(one.speech) if not isinstance(item, Marked)
        )
        properties = self._setting.properties
        yield c.Audio(
            joined(self._base, str(src)),
            otherwise,
            one.fetchtimeout or properties.seconds("fetchtimeout"),
            properties.number("audiomaxage") if one.maxage is None else one.maxage,
            properties.number("audiomaxstale")
            if one.maxstale is None
            else one.maxstale,
        )

    def _enumerate(self, one: s.Enumerate) -> Iterator[c.Item | Marked]:
        for told in self._setting.enumerables:
            if one.speech:
                self._scopes.declare_value("_prompt", plain(told.speech))
                self._scopes.declare_value("_dtmf", told.keys)
                yield from self._say(one.speech)
            else:
                yield from self._say(told.speech)
                self._utterance.say(f": {' '.join(told.keys)}. ")


def joined(base: str, uri: str) -> str:
    """*uri* as it is meant in a document from *base*."""
    try:
        return urljoin(base, uri)
    except ValueError:
        return uri
