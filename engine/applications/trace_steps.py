"""TraceStep: what a session did, step by step, as a rehearsal and a trace show it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypedDict, final

from msgspec import Meta

from ccxml.commands import Command, Exited
from ccxml.document import Transition
from ccxml.events import Event
from ccxml.session import Step

if TYPE_CHECKING:
    from vxml.commands import Command as DialogCommand

EXIT = "exit"  # text of the end of a session without an error
VXML = "vxml "  # before the name of what has happened to a VoiceXML session
Seconds = Annotated[float, Meta(description="Seconds from the start of the session.")]


class TransitionView(TypedDict):
    """Where a transition stands, and what it is for."""

    line: int
    event: str
    state: str | None
    cond: str


@final
class MomentView(TypedDict):
    """What a session did at a time."""

    at: Seconds
    event: Annotated[
        dict[str, Any] | None,
        Meta(description="As `event$` shows it; null when what was delayed was sent."),
    ]
    transition: Annotated[
        TransitionView | None, Meta(description="Null if none was for the event.")
    ]
    commands: Annotated[
        list[dict[str, Any]],
        Meta(description="What was asked for: the name as `command`, and its fields."),
    ]


@final
class EndingView(TypedDict):
    """How a session ended."""

    at: Seconds
    end: Annotated[str, Meta(description=f"`{EXIT}`, or what went wrong.")]
    expr: Annotated[Any, Meta(description="Of the exit.")]
    namelist: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class TraceStep:
    """What a session did at *at*, in seconds from its start, and which commands it gave.

    *event* is None where a delayed ``send`` came due. *transition* is None if none was
    for the event, and for steps of VoiceXML, which has no transitions.
    """

    at: float
    event: Event | None
    transition: Transition | None
    commands: "tuple[Command | DialogCommand, ...]"

    def to_json(self) -> MomentView:
        """The step as the API and ``--json`` show it."""
        event, transition = self.event, self.transition
        return {
            "at": self.at,
            "event": None if event is None else event.as_object(),
            "transition": None if transition is None else _transition_view(transition),
            "commands": [
                {"command": type(command).__name__, **_fields_of(command)}
                for command in self.commands
            ],
        }


@dataclass(frozen=True, slots=True)
class TraceEnd:
    """How a session ended, in seconds from its start.

    *namelist* are the values with which it exited; None if a rehearsal gave up before.
    *is_good*: the document has ended the session by itself and without an error.
    """

    at: float
    text: str
    is_good: bool = False
    expr: Any = None
    namelist: Mapping[str, Any] | None = None

    @classmethod
    def after_exit(
        cls, at: float, reason: str | None, expr: Any, namelist: Mapping[str, Any]
    ) -> "TraceEnd":
        """The end of a session that has exited at *at*, by itself or for a *reason*."""
        text = EXIT if reason is None else f"ended with an error: {reason}"
        return cls(at, text, reason is None, expr, namelist)

    def to_json(self) -> EndingView:
        """The end as the API and ``--json`` show it."""
        namelist = None if self.namelist is None else dict(self.namelist)
        return {
            "at": self.at,
            "end": self.text,
            "expr": self.expr,
            "namelist": namelist,
        }


def steps_of(
    at: float, steps: Sequence[Step], commands: Sequence[Command]
) -> Iterator[TraceStep]:
    """Yield a TraceStep for each of *steps*, with those of *commands* that it gave.

    *at* is the time of all of them, in seconds from the start of the session. Commands
    from before the first step get a TraceStep without an event. ``Exited`` is left out: the
    session's TraceEnd says the same.
    """
    listed = [command for command in commands if not isinstance(command, Exited)]
    starts = [step.commands_before for step in steps] + [len(listed)]
    if before := tuple(listed[: starts[0]]):
        yield TraceStep(at, None, None, before)
    for step, start, end in zip(steps, starts, starts[1:], strict=False):
        yield TraceStep(at, step.event, step.transition, tuple(listed[start:end]))


def voicexml_step(
    at: float, dialog_id: str, cause: str, commands: "Sequence[DialogCommand]"
) -> TraceStep:
    """A step of the VoiceXML session *dialog_id*, to which *cause* has happened."""
    event = Event(f"{VXML}{cause}".strip(), {}, dialog_id, "dialog")
    return TraceStep(at, event, None, tuple(commands))


def _transition_view(transition: Transition) -> TransitionView:
    return {
        "line": transition.position.line,
        "event": transition.event.text,
        "state": None if transition.state is None else " ".join(transition.state),
        "cond": transition.cond.text,
    }


def _fields_of(command: "Command | DialogCommand") -> dict[str, Any]:
    """The fields of *command* for JSON; those of a ``DialogOrder`` in it stand among them."""
    fields = asdict(command)
    fields.update(fields.pop("order", {}))
    return fields
