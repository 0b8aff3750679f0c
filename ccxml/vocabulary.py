"""The vocabulary of CCXML as a table: elements, their attributes, and their content."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Any

from . import document as d

NAMESPACE = "http://www.w3.org/2002/09/ccxml"


class Kind(StrEnum):
    """The type of an attribute's value."""

    EXPRESSION = "expression"
    TARGET = "left-hand side"
    TEXT = "text"
    VERSION = "version"
    URI = "URI"
    VARIABLE = "name of a variable"
    NAMES = "names of variables"
    STATES = "states"
    EVENTS = "event pattern"
    TIME = "time"
    SECONDS = "seconds"


class Content(Enum):
    """What may stand inside an element."""

    NOTHING = auto()
    DOCUMENT = auto()
    TRANSITIONS = auto()
    ACTIONS = auto()
    SCRIPT = auto()  # text
    XML = auto()  # any
    IGNORED = auto()


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute.

    *non_standard*: it is not in the standard, and this sentence says what to write instead.
    """

    name: str
    kind: Kind = Kind.EXPRESSION
    is_required: bool = False
    default: str | None = None
    stored_as: str | None = None
    non_standard: str | None = None

    @property
    def field(self) -> str:
        """The name of the field that holds it."""
        return self.stored_as or self.name.replace("-", "_")


@dataclass(frozen=True, slots=True)
class Rule:
    """One element. Exactly one of *one_of* must be given; content counts, too."""

    element_class: type[Any] | None
    attributes: Mapping[str, Attribute]
    content: Content = Content.NOTHING
    one_of: tuple[str, ...] = ()


CONTENT = "content"

Some = Attribute | str


def _rule(
    element_class: type[Any] | None,
    *attributes: Some,
    content: Content = Content.NOTHING,
    one_of: tuple[str, ...] = (),
) -> Rule:
    known = [
        attribute if isinstance(attribute, Attribute) else _allow(attribute)
        for attribute in attributes
    ]
    return Rule(
        element_class,
        {attribute.name: attribute for attribute in known},
        content,
        one_of,
    )


def _require(name: str, kind: Kind = Kind.EXPRESSION) -> Attribute:
    return Attribute(name, kind, is_required=True)


def _allow(
    name: str, kind: Kind = Kind.EXPRESSION, default: str | None = None
) -> Attribute:
    return Attribute(name, kind, default=default)


def _target(name: str) -> Attribute:
    return Attribute(name, Kind.TARGET)


_NAMELIST = Attribute("namelist", Kind.NAMES)
_PARAMETERS = Attribute("parameters", Kind.NAMES)
_METHOD = _allow("method", default="'get'")
_ENCTYPE = _allow("enctype", default="'application/x-www-form-urlencoded'")
_OF_THE_EVENT = _allow("connectionid", default="event$.connectionid")
_DIALOG = (
    _allow("type", default="'application/voicexml+xml'"),
    _NAMELIST,
    _PARAMETERS,
    _target("dialogid"),
    "connectionid",
    "conferenceid",
    _allow("mediadirection", default="'both'"),
    "maxage",
    "maxstale",
    _ENCTYPE,
    _METHOD,
    "hints",
)

RULES: Mapping[str, Rule] = {
    "ccxml": _rule(
        d.Document,
        _require("version", Kind.VERSION),
        Attribute("xml:base", Kind.URI, stored_as="base"),
        content=Content.DOCUMENT,
    ),
    "meta": _rule(
        d.Meta,
        _require("content", Kind.TEXT),
        _allow("name", Kind.TEXT),
        _allow("http-equiv", Kind.TEXT),
        one_of=("name", "http-equiv"),
    ),
    "metadata": _rule(d.Metadata, content=Content.IGNORED),
    "eventprocessor": _rule(
        d.EventProcessor,
        _allow("statevariable", Kind.VARIABLE),
        content=Content.TRANSITIONS,
    ),
    "transition": _rule(
        d.Transition,
        _allow("event", Kind.EVENTS, "*"),
        _allow("state", Kind.STATES),
        _allow("cond", default="true"),
        Attribute(
            "name",
            Kind.VARIABLE,
            stored_as="alias",
            non_standard="The attribute name of <transition> is from a draft: write event$.",
        ),
        content=Content.ACTIONS,
    ),
    "if": _rule(d.If, _require("cond"), content=Content.ACTIONS),
    "elseif": _rule(d.Branch, _require("cond")),
    "else": _rule(d.Branch),
    "var": _rule(d.Var, _require("name", Kind.VARIABLE), "expr"),
    "assign": _rule(d.Assign, _require("name", Kind.TARGET), _require("expr")),
    "script": _rule(
        d.Script,
        _allow("src", Kind.URI),
        "fetchid",
        Attribute("timeout", Kind.TIME, stored_as="timeout_s"),
        _allow("maxage", Kind.SECONDS),
        _allow("maxstale", Kind.SECONDS),
        _allow("charset", Kind.TEXT),
        content=Content.SCRIPT,
        one_of=("src", "fetchid", CONTENT),
    ),
    "log": _rule(d.Log, _require("expr"), "label"),
    "exit": _rule(d.Exit, "expr", _NAMELIST),
    "fetch": _rule(
        d.Fetch,
        _require("next"),
        _allow("type", default="'application/ccxml+xml'"),
        _NAMELIST,
        _METHOD,
        _target("fetchid"),
        "timeout",
        "maxage",
        "maxstale",
        _ENCTYPE,
    ),
    "goto": _rule(d.Goto, _require("fetchid")),
    "createccxml": _rule(
        d.CreateCcxml,
        _require("next"),
        _PARAMETERS,
        _NAMELIST,
        _METHOD,
        _target("sessionid"),
        "timeout",
        "maxage",
        "maxstale",
        _ENCTYPE,
        "fetchparam",
    ),
    "send": _rule(
        d.Send,
        _require("target"),
        _allow("targettype", default="'ccxml'"),
        "name",
        _NAMELIST,
        _allow("delay", default="'0s'"),
        _target("sendid"),
        "hints",
        Attribute(
            "data",
            stored_as="name",
            non_standard="The attribute data of <send> is from a draft: write name.",
        ),
        content=Content.XML,
        one_of=("name", CONTENT),
    ),
    "cancel": _rule(d.Cancel, _require("sendid")),
    "move": _rule(
        d.Move, _require("sessionid"), "source", "event", one_of=("source", "event")
    ),
    "createcall": _rule(
        d.CreateCall,
        _require("dest"),
        _target("connectionid"),
        "callerid",
        "aai",
        "timeout",
        "hints",
        "joinid",
        _allow("joindirection", default="'both'"),
    ),
    "accept": _rule(d.Accept, _OF_THE_EVENT, "hints"),
    "reject": _rule(d.Reject, _OF_THE_EVENT, "reason", "hints"),
    "redirect": _rule(d.Redirect, _require("dest"), _OF_THE_EVENT, "reason", "hints"),
    "disconnect": _rule(d.Disconnect, _OF_THE_EVENT, "reason", "hints"),
    "merge": _rule(
        d.Merge, _require("connectionid1"), _require("connectionid2"), "hints"
    ),
    "createconference": _rule(
        d.CreateConference,
        _require("conferenceid", Kind.TARGET),
        "confname",
        "reservedtalkers",
        "reservedlisteners",
        "hints",
    ),
    "destroyconference": _rule(d.DestroyConference, _require("conferenceid"), "hints"),
    "join": _rule(
        d.Join,
        _require("id1"),
        _require("id2"),
        _allow("duplex", default="'full'"),
        "hints",
        _allow("entertone", default="'true'"),
        _allow("exittone", default="'true'"),
        _allow("autoinputgain", default="'true'"),
        _allow("autooutputgain", default="'true'"),
        _allow("dtmfclamp", default="'true'"),
        _allow("toneclamp", default="'true'"),
    ),
    "unjoin": _rule(d.Unjoin, _require("id1"), _require("id2"), "hints"),
    "dialogprepare": _rule(d.DialogPrepare, _require("src"), *_DIALOG),
    "dialogstart": _rule(
        d.DialogStart,
        "src",
        "prepareddialogid",
        *_DIALOG,
        one_of=("src", "prepareddialogid"),
    ),
    "dialogterminate": _rule(
        d.DialogTerminate,
        _require("dialogid"),
        _allow("immediate", default="false"),
        "hints",
    ),
}

OTHER_VOICEXML_TYPES = ("application/xml+vxml", "text/vxml", "text/xml")
"""What real documents write for application/voicexml+xml, in the attribute type."""

DECLARATIONS = frozenset({"var", "assign", "script"})
METADATA = frozenset({"meta", "metadata"})
BRANCHES = frozenset({"elseif", "else"})
ACTIONS = (
    frozenset(RULES) - METADATA - BRANCHES - {"ccxml", "eventprocessor", "transition"}
)
CHILDREN: Mapping[Content, frozenset[str]] = {
    Content.DOCUMENT: METADATA | DECLARATIONS | {"eventprocessor"},
    Content.TRANSITIONS: frozenset({"transition"}),
    Content.ACTIONS: ACTIONS,
}

RETIRED: Mapping[tuple[str, str | None], str] = {
    (
        "eventhandler",
        None,
    ): "CCXML 2003 draft; use eventprocessor.",
    ("dialogstart", "duplex"): "It is from a draft: use mediadirection.",
    ("createccxml", "start"): "It is from a draft: leave it out.",
    ("fetch", "synch"): "It is from a draft: wait for the event fetch.done.",
    ("script", "expr"): "It is from a draft: write the script between the tags.",
    ("disconnect", "dialogid"): "It is from a draft: use <dialogterminate>.",
}
"""Attributes of drafts of the standard, by element, and what to write instead."""
