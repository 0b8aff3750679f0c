"""Prompts: which are played, what they consist of at that moment, and which are waiting."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ccxml.xml.uris import join_uri
from vxml import commands as c
from vxml.document import prompt_content as s
from vxml.document.executable_content import Prompt

from .control_flow import Exceeded
from .properties import Properties
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
    """A mark: *name* is reached when everything before it was played."""

    name: str


@dataclass(frozen=True, slots=True)
class Queued:
    """One prompt that is waiting to be played."""

    items: tuple[c.Item | Marked, ...]
    bargein: bool
    timeout_s: float | None


@dataclass(frozen=True, slots=True)
class Enumerable:
    """A choice or option, as ``enumerate`` speaks it."""

    speech: tuple[s.Speech, ...]
    keys: str


@dataclass(frozen=True, slots=True)
class Setting:
    """The document and dialog in which a prompt stands."""

    base: str
    language: str | None
    properties: Properties
    enumerables: tuple[Enumerable, ...] = ()


class PromptQueue:
    """The prompts that are waiting to be played."""

    def __init__(self, state: SessionState) -> None:
        self._state = state
        self.waiting: list[Queued] = []

    def add(self, prompt: Prompt, setting: Setting) -> None:
        """Add *prompt*, whatever its condition; raises ScriptError, or Exceeded."""
        base = join_uri(setting.base, prompt.base) if prompt.base else setting.base
        maker = _Maker(self._state, base, prompt.lang or setting.language, setting)
        items = tuple(maker.make(prompt.speech))
        bargein = prompt.bargein
        if bargein is None:
            bargein = setting.properties.is_true("bargein")
        if items or prompt.timeout is not None:
            self.waiting.append(Queued(items, bargein, prompt.timeout))
        self._check_size()

    def take(self) -> list[Queued]:
        """Remove and return all waiting prompts."""
        waiting, self.waiting = self.waiting, []
        return waiting

    @property
    def timeout_s(self) -> float | None:
        """The timeout for input that the last prompt sets, in seconds (VoiceXML 2.0, 4.1.7)."""
        return self.waiting[-1].timeout_s if self.waiting else None

    def _check_size(self) -> None:
        limits = self._state.limits
        items = [item for prompt in self.waiting for item in _flatten(prompt.items)]
        if len(items) > limits.prompt_items:
            raise Exceeded(
                f"more than {limits.prompt_items} sounds wait to be played: say less"
            )
        said = sum(len(item.text) for item in items if isinstance(item, c.Speech))
        if said > limits.prompt_characters:
            raise Exceeded(
                f"more than {limits.prompt_characters} characters to be said"
            )


def choose_prompts(prompts: Sequence[Prompt], count: int, is_true: Any) -> list[Prompt]:
    """Return the prompts for the *count*-th visit (VoiceXML 2.0, 4.1.6)."""
    fitting = [
        prompt
        for prompt in prompts
        if prompt.count <= count and (prompt.cond is None or is_true(prompt.cond.text))
    ]
    highest = max((prompt.count for prompt in fitting), default=0)
    return [prompt for prompt in fitting if prompt.count == highest]


def words_of(speech: Iterable[s.Speech]) -> str:
    """Return the words of *speech*, without anything else."""
    words = [
        part.text
        if isinstance(part, s.Words)
        else words_of(part.speech)
        if isinstance(part, s.Styled | s.AudioElement)
        else ""
        for part in speech
    ]
    return " ".join("".join(words).split())


def _flatten(items: Iterable[c.Item | Marked]) -> Iterator[c.Item | Marked]:
    for item in items:
        yield item
        if isinstance(item, c.Audio):
            yield from _flatten(item.otherwise)


class _Maker:
    """Converts speech into items to play, with the current values of variables."""

    def __init__(
        self, state: SessionState, base: str, language: str | None, setting: Setting
    ) -> None:
        self._state = state
        self._scopes = state.scopes
        self._base = base
        self._language = language
        self._setting = setting
        self._utterance = Utterance()

    def make(self, speech: Iterable[s.Speech]) -> Iterator[c.Item | Marked]:
        yield from self._say(speech)
        yield from self._take_speech()

    def _take_speech(self) -> Iterator[c.Speech]:
        """Yield the text collected so far."""
        text, ssml = self._utterance.take()
        if text:
            yield c.Speech(text, ssml, self._language)

    def _say(self, speech: Iterable[s.Speech]) -> Iterator[c.Item | Marked]:
        for element in speech:
            self._state.count_step()
            match element:
                case s.Words():
                    self._utterance.say(element.text)
                case s.Value():
                    self._utterance.say(self._scopes.text(element.expr.text))
                case s.Styled(tag="sub"):
                    self._utterance.say(element.attributes.get("alias", ""))
                case s.Styled():
                    self._utterance.begin(element.tag, element.attributes)
                    yield from self._say(element.speech)
                    self._utterance.end()
                case s.Each():
                    with self._scopes.loop(element.array.text) as count:
                        for index in range(count):
                            self._scopes.take_item(element.item, index)
                            yield from self._say(element.speech)
                case s.Enumerate():
                    yield from self._enumerate(element)
                case s.AudioElement() | s.Break() | s.Mark():
                    yield from self._take_speech()
                    yield from self._make_sound(element)

    def _make_sound(
        self, element: s.AudioElement | s.Break | s.Mark
    ) -> Iterator[c.Item | Marked]:
        match element:
            case s.Break():
                usual = _STRENGTHS.get(
                    element.strength or element.size or "", USUAL_BREAK
                )
                yield c.Silence(usual if element.time is None else element.time)
            case s.Mark():
                named = element.nameexpr
                yield Marked(
                    self._scopes.text(named.text) if named else element.name or ""
                )
            case s.AudioElement():
                yield from self._make_audio(element)

    def _make_audio(self, element: s.AudioElement) -> Iterator[c.Item | Marked]:
        src: Any = element.src
        if element.expr is not None:
            src = self._scopes.evaluate(element.expr.text)
            if src is UNDEFINED or src is None:
                return  # and nothing is said instead (VoiceXML 2.1, 3)
        maker = _Maker(self._state, self._base, self._language, self._setting)
        otherwise = tuple(
            item for item in maker.make(element.speech) if not isinstance(item, Marked)
        )
        properties = self._setting.properties
        yield c.Audio(
            join_uri(self._base, str(src)),
            otherwise,
            element.fetchtimeout or properties.seconds("fetchtimeout"),
            properties.number("audiomaxage")
            if element.maxage is None
            else element.maxage,
            properties.number("audiomaxstale")
            if element.maxstale is None
            else element.maxstale,
        )

    def _enumerate(self, element: s.Enumerate) -> Iterator[c.Item | Marked]:
        for enumerable in self._setting.enumerables:
            if element.speech:
                self._scopes.declare_value("_prompt", words_of(enumerable.speech))
                self._scopes.declare_value("_dtmf", enumerable.keys)
                yield from self._say(element.speech)
            else:
                yield from self._say(enumerable.speech)
                self._utterance.say(f": {' '.join(enumerable.keys)}. ")
