"""Trace: the last steps of one session, shown while it lives and for a while after.

A trace holds the full id of its session, with which events can be sent into it. That
gives nothing away: it is shown only for a key that may start and end the application
anyway.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, NotRequired, TypedDict

from msgspec import Meta

from .trace_steps import (
    EndingView,
    MomentView,
    TraceEnd,
    TraceStep,
)

MAX_STEPS = 100  # kept of one session


@dataclass(slots=True)
class Trace:
    """The last ``MAX_STEPS`` steps of a session; *count* is the number of all steps."""

    application_uuid: str
    session_id: str  # the full id
    uri: str  # of its first document
    began: float  # seconds of the loop's clock
    steps: deque[TraceStep] = field(default_factory=lambda: deque(maxlen=MAX_STEPS))
    count: int = 0
    ending: TraceEnd | None = None

    def add(self, steps: Iterable[TraceStep]) -> None:
        """Append *steps*; of more than ``MAX_STEPS`` the oldest are dropped."""
        for step in steps:
            self.steps.append(step)
            self.count += 1


class TraceView(TypedDict):
    """What one session did."""

    sessionId: Annotated[
        str, Meta(description="`session.fullid`: what basichttp asks for.")
    ]
    uri: Annotated[str, Meta(description="Of its first document.")]
    skipped: Annotated[
        int, Meta(description="Moments before the first one, which are not kept.")
    ]
    moments: Annotated[list[MomentView], Meta(description="The oldest first.")]
    ending: NotRequired[Annotated[EndingView, Meta(description="Once it is over.")]]


class TracesView(TypedDict):
    """What the sessions of a request did."""

    sessions: Annotated[
        list[TraceView],
        Meta(
            description="The first one is the application's own; createccxml starts others."
        ),
    ]
    isOver: Annotated[bool, Meta(description="Whether all of them have ended.")]


def traces_view(traces: Iterable[Trace]) -> TracesView:
    """The JSON view of *traces*."""
    sessions = [_view(trace) for trace in traces]
    is_over = all("ending" in session for session in sessions)
    return {"sessions": sessions, "isOver": is_over}


def _view(trace: Trace) -> TraceView:
    view: TraceView = {
        "sessionId": trace.session_id,
        "uri": trace.uri,
        "skipped": trace.count - len(trace.steps),
        "moments": [step.to_json() for step in trace.steps],
    }
    if trace.ending is not None:
        view["ending"] = trace.ending.to_json()
    return view
