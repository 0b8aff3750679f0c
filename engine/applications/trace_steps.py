"""Moments: what a session did, step by step, as a rehearsal and a trace show it."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypedDict, final

from msgspec import Meta

from ccxml.commands import Command, Exited
from ccxml.document import Transition
from ccxml.events import Event
from ccxml.session import Step

if TYPE_CHECKING:
    from vxml.commands import Command as DialogCommand

EXIT = "exit"  # how a document ends its session itself
Seconds = Annotated[float, Meta(description="Seconds from the start of the session.")]


@dataclass(frozen=True, slots=True)
class TraceStep:
    """What a session did at a time, in seconds from its start.

    *event* is None if it sent what was due; *transition* if none was for the event, or
    it was for a dialog of VoiceXML.
    """

    at: float
    event: Event | None
    transition: Transition | None
    commands: "tuple[Command | DialogCommand, ...]"


def steps_of(
    at: float, steps: Sequence[Step], commands: Sequence[Command]
) -> Iterator[TraceStep]:
    """What was asked for at a time, under the step that asked for it."""
    listed = [command for command in commands if not isinstance(command, Exited)]
    starts = [step.asked for step in steps] + [len(listed)]
    if before := tuple(listed[: starts[0]]):
        yield TraceStep(at, None, None, before)
    for step, start, end in zip(steps, starts, starts[1:], strict=False):
        yield TraceStep(at, step.event, step.transition, tuple(listed[start:end]))


@dataclass(frozen=True, slots=True)
class TraceEnd:
    """How a session ended; *exited* is None if it did not, and was only left."""

    at: float
    exited: Exited | None
    text: str

    @property
    def is_good(self) -> bool:
        """Whether the document ended the session by itself."""
        return self.exited is not None and self.exited.reason is None

    @classmethod
    def of(cls, at: float, exited: Exited) -> "TraceEnd":
        """The end of a session that has *exited*."""
        if exited.reason is None:
            return cls(at, exited, EXIT)
        return cls(at, exited, f"ended with an error: {exited.reason}")


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


def moment_view(moment: TraceStep) -> MomentView:
    """*moment* as JSON shows it."""
    event, transition = moment.event, moment.transition
    return {
        "at": moment.at,
        "event": None if event is None else event.as_object(),
        "transition": None if transition is None else _transition_view(transition),
        "commands": [
            {"command": type(command).__name__, **_fields_of(command)}
            for command in moment.commands
        ],
    }


def ending_view(ending: TraceEnd) -> EndingView:
    """*ending* as JSON shows it."""
    exited = ending.exited
    return {
        "at": ending.at,
        "end": ending.text,
        "expr": exited and exited.expr,
        "namelist": None if exited is None else dict(exited.namelist),
    }


def _transition_view(transition: Transition) -> TransitionView:
    return {
        "line": transition.position.line,
        "event": transition.event.text,
        "state": None if transition.state is None else " ".join(transition.state),
        "cond": transition.cond.text,
    }


def _fields_of(command: "Command | DialogCommand") -> dict[str, Any]:
    """What *command* holds as an order stands among its fields."""
    fields = asdict(command)
    fields.update(fields.pop("order", {}))
    return fields
