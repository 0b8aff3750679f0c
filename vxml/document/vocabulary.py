"""The vocabulary of VoiceXML as a table: elements, their attributes, and their content."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from . import document as d
from . import executable_content as a
from . import prompt_content as s

NAMESPACE = "http://www.w3.org/2001/vxml"
VERSIONS = ("2.0", "2.1")


class Kind(StrEnum):
    """The type of an attribute's value."""

    EXPRESSION = "expression"
    TARGET = "left-hand side"
    TEXT = "text"
    URI = "URI"
    VARIABLE = "name of a variable"
    NAMES = "names of variables"
    EVENTS = "events"
    TIME = "time"
    SECONDS = "seconds"
    COUNT = "count"
    BOOLEAN = "boolean"
    KEYS = "keys"
    MEDIA_TYPE = "media type"
    WORD = "one of"


_LETTERS = {
    "": Kind.EXPRESSION,
    "left": Kind.TARGET,
    "text": Kind.TEXT,
    "uri": Kind.URI,
    "variable": Kind.VARIABLE,
    "names": Kind.NAMES,
    "events": Kind.EVENTS,
    "time": Kind.TIME,
    "seconds": Kind.SECONDS,
    "count": Kind.COUNT,
    "boolean": Kind.BOOLEAN,
    "keys": Kind.KEYS,
    "media": Kind.MEDIA_TYPE,
}
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute; *words* are its only values, if they are limited."""

    name: str
    kind: Kind
    words: tuple[str, ...] = ()
    default: str | None = None
    is_required: bool = False

    @property
    def field(self) -> str:
        """The name of the field that holds it."""
        return self.name.removeprefix("xml:").replace("-", "_")


@dataclass(frozen=True, slots=True)
class Rule:
    """One element.

    Attributes:
        holds: the field for each element that may stand inside, by tag.
        text: the field for text: as prompts, speech or actions.
        one_of: exactly one of these must be given; ``content`` is what stands inside.
        most_one: at most one of each group may be given.
    """

    made: type[Any]
    attributes: Mapping[str, Attribute]
    holds: Mapping[str, str] = field(default_factory=dict)
    text: str | None = None
    one_of: tuple[str, ...] = ()
    most_one: tuple[tuple[str, ...], ...] = ()


def _attribute(written: str) -> Attribute:
    """Parse ``name!:kind=default``: *!* means required, the kind defaults to expression."""
    head, _, default = written.partition("=")
    name, _, kind = head.partition("~")
    is_required, name = name.endswith("!"), name.removesuffix("!")
    words = tuple(kind.split("|")) if "|" in kind else ()
    read = Kind.WORD if words else _LETTERS[kind]
    return Attribute(name, read, words, default or None, is_required)


def _rule(
    made: type[Any],
    attributes: str = "",
    holds: Mapping[str, str] | None = None,
    *,
    text: str | None = None,
    one_of: str = "",
    most_one: tuple[str, ...] = (),
) -> Rule:
    known = [_attribute(name) for name in attributes.split()]
    return Rule(
        made,
        {attribute.name: attribute for attribute in known},
        holds or {},
        text=text,
        one_of=tuple(one_of.split()),
        most_one=tuple(tuple(tags.split()) for tags in most_one),
    )


def _in(place: str, *tags: str) -> dict[str, str]:
    return dict.fromkeys(tags, place)


STYLES = (
    "emphasis",
    "p",
    "paragraph",
    "phoneme",
    "prosody",
    "s",
    "say-as",
    "sentence",
    "sub",
    "voice",
)
"""SSML elements about how text is spoken; their attributes are not checked."""
IGNORED = frozenset({"desc", "lexicon", "metadata"})
"""Elements that are accepted without effect, whatever they contain."""

_SAYS = ("audio", "value", "enumerate", "break", "mark", *STYLES)
_SPEECH = _in("speech", *_SAYS, "foreach")
_PROMPTS = _in("prompts", "prompt", *_SAYS)
_SHORT_CATCHES = ("error", "help", "noinput", "nomatch")
_HANDLERS = _in("catches", "catch", *_SHORT_CATCHES)
_SETTINGS = _in("properties", "property")
_ASKING = _PROMPTS | _HANDLERS | _SETTINGS
_DECLARED = ("var", "script", "data")
_ACTIONS = _in(
    "actions",
    *_DECLARED,
    "assign",
    "clear",
    "log",
    "prompt",
    "if",
    "foreach",
    "goto",
    "submit",
    "throw",
    "return",
    "exit",
    "disconnect",
    "reprompt",
    *_SAYS,
)
_FORM_ITEMS = (
    "block",
    "initial",
    "field",
    "record",
    "transfer",
    "subdialog",
    "object",
)
_FETCH = "fetchhint~prefetch|safe fetchtimeout~time maxage~seconds maxstale~seconds"
_FETCHED = f"fetchaudio~uri {_FETCH}"
_ITEM = "name~variable expr cond"
_MESSAGE = "message~text messageexpr"
_SENT = f"namelist~names method~get|post=get enctype~media={FORM}"
_TO = f"next~uri expr event~text eventexpr {_MESSAGE} {_FETCHED}"
_ONE_WAY = {"one_of": "next expr event eventexpr", "most_one": ("message messageexpr",)}

RULES: Mapping[str, Rule] = {
    "vxml": _rule(
        d.Document,
        "version!~text application~uri xml:lang~text xml:base~uri",
        _in("dialogs", "form", "menu")
        | _in("declarations", *_DECLARED)
        | _in("metas", "meta")
        | _in("links", "link")
        | _HANDLERS
        | _SETTINGS,
    ),
    "meta": _rule(d.Meta, "name~text http-equiv~text content~text"),
    "property": _rule(d.Property, "name!~text value!~text"),
    "form": _rule(
        d.Form,
        "id~text scope~dialog|document=dialog",
        _in("parts", *_FORM_ITEMS, *_DECLARED)
        | _in("filleds", "filled")
        | _in("grammars", "grammar")
        | _in("links", "link")
        | _HANDLERS
        | _SETTINGS,
    ),
    "menu": _rule(
        d.Menu,
        "id~text scope~dialog|document=dialog dtmf~boolean=false accept~exact|approximate=exact",
        _in("choices", "choice") | _ASKING,
        text="prompts",
    ),
    "choice": _rule(
        d.Choice,
        f"dtmf~keys accept~exact|approximate {_TO}",
        _in("grammars", "grammar") | _SPEECH,
        text="speech",
        **_ONE_WAY,  # type: ignore[arg-type]
    ),
    "link": _rule(
        d.Link,
        f"dtmf~keys {_TO}",
        _in("grammars", "grammar"),
        **_ONE_WAY,  # type: ignore[arg-type]
    ),
    "block": _rule(d.Block, _ITEM, _ACTIONS, text="actions"),
    "initial": _rule(d.Initial, _ITEM, _in("links", "link") | _ASKING, text="prompts"),
    "field": _rule(
        d.Field,
        f"{_ITEM} type~text slot~text modal~boolean=false",
        _in("grammars", "grammar")
        | _in("options", "option")
        | _in("links", "link")
        | _in("filleds", "filled")
        | _ASKING,
        text="prompts",
    ),
    "option": _rule(
        d.Option,
        "dtmf~keys accept~exact|approximate=exact value~text",
        text="text",
    ),
    "record": _rule(
        d.RecordElement,
        f"{_ITEM} modal~boolean=true beep~boolean=false maxtime~time finalsilence~time "
        "dtmfterm~boolean=true type~text dest~uri",
        _in("grammars", "grammar") | _in("filleds", "filled") | _ASKING,
        text="prompts",
    ),
    "transfer": _rule(
        d.TransferElement,
        f"{_ITEM} dest~text destexpr bridge~boolean=false type~bridge|blind|consultation "
        "connecttimeout~time maxtime~time transferaudio~uri aai~text aaiexpr",
        _in("grammars", "grammar") | _in("filleds", "filled") | _ASKING,
        text="prompts",
        one_of="dest destexpr",
        most_one=("aai aaiexpr", "bridge type"),
    ),
    "subdialog": _rule(
        d.Subdialog,
        f"{_ITEM} src~uri srcexpr {_SENT} {_FETCHED}",
        _in("params", "param") | _in("filleds", "filled") | _ASKING,
        text="prompts",
        one_of="src srcexpr",
    ),
    "object": _rule(
        d.Object,
        f"{_ITEM} classid~text codebase~text codetype~text data~text type~text "
        f"archive~text {_FETCHED}",
        _in("params", "param") | _in("filleds", "filled") | _ASKING,
        text="prompts",
    ),
    "param": _rule(
        d.Param,
        "name!~text expr value~text valuetype~data|ref=data type~text",
        one_of="expr value",
    ),
    "filled": _rule(
        d.Filled, "mode~all|any=all namelist~names", _ACTIONS, text="actions"
    ),
    "catch": _rule(
        d.Catch, "event~events cond count~count=1", _ACTIONS, text="actions"
    ),
    **{
        tag: _rule(d.Catch, "cond count~count=1", _ACTIONS, text="actions")
        for tag in _SHORT_CATCHES
    },
    "grammar": _rule(
        d.GrammarElement,
        "src~uri srcexpr type~text mode~dtmf|voice scope~dialog|document root~text "
        f"version~text xml:lang~text xml:base~uri tag-format~text weight~text {_FETCHED}",
        one_of="src srcexpr content",
    ),
    "var": _rule(a.Var, "name!~variable expr"),
    "assign": _rule(a.Assign, "name!~left expr!"),
    "clear": _rule(a.Clear, "namelist~names"),
    "script": _rule(
        a.Script,
        f"src~uri srcexpr charset~text {_FETCHED}",
        one_of="src srcexpr content",
    ),
    "data": _rule(
        a.Data,
        f"name~variable src~uri srcexpr {_SENT} {_FETCHED}",
        one_of="src srcexpr",
    ),
    "log": _rule(a.Log, "label~text expr", _in("speech", "value"), text="speech"),
    "if": _rule(a.If, "cond!", _ACTIONS, text="actions"),
    "elseif": _rule(a.Branch, "cond!"),
    "else": _rule(a.Branch),
    "goto": _rule(
        a.Goto,
        f"next~uri expr nextitem~variable expritem {_FETCHED}",
        one_of="next expr nextitem expritem",
    ),
    "submit": _rule(a.Submit, f"next~uri expr {_SENT} {_FETCHED}", one_of="next expr"),
    "throw": _rule(
        a.Throw,
        f"event~text eventexpr {_MESSAGE}",
        one_of="event eventexpr",
        most_one=("message messageexpr",),
    ),
    "return": _rule(
        a.Return,
        f"event~text eventexpr namelist~names {_MESSAGE}",
        most_one=("event eventexpr namelist", "message messageexpr"),
    ),
    "exit": _rule(a.Exit, "expr namelist~names", most_one=("expr namelist",)),
    "disconnect": _rule(a.DisconnectElement, "namelist~names"),
    "reprompt": _rule(a.Reprompt),
    "prompt": _rule(
        a.Prompt,
        "bargein~boolean bargeintype~speech|hotword cond count~count=1 timeout~time "
        "xml:lang~text xml:base~uri",
        _SPEECH,
        text="speech",
    ),
    "foreach": _rule(a.Foreach, "item!~variable array!", _ACTIONS, text="actions"),
    "value": _rule(s.Value, "expr!"),
    "audio": _rule(
        s.AudioElement,
        f"src~uri expr {_FETCH}",
        _SPEECH,
        text="speech",
        one_of="src expr",
    ),
    "enumerate": _rule(s.Enumerate, "", _SPEECH, text="speech"),
    "break": _rule(s.Break, "time~time strength~text size~text"),
    "mark": _rule(s.Mark, "name~text nameexpr", one_of="name nameexpr"),
}

_TAGS = {rule.made: tag for tag, rule in RULES.items() if rule.made is not d.Catch}


def tag_of(element: Any) -> str:
    """Return the tag of an element of a document."""
    return _TAGS.get(type(element), "catch")


BRANCHES = frozenset({"elseif", "else"})
SHORT_CATCHES = frozenset(_SHORT_CATCHES)
SAYS = frozenset(_SAYS)
