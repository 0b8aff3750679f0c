"""A rehearsal: a document runs against a far end that follows a script, and time is a number.

Nothing is waited for: the next timer or the next thing the far end does is at once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ccxml import Document
from ccxml.commands import Command, Exited
from ccxml.document import Transition
from ccxml.events import Event
from ccxml.session import Session, SessionInfo, Step

from .far_end import DAY_S, FarEnd, Happening

MAX_STEPS = 10_000
MAX_S = DAY_S


@dataclass(frozen=True, slots=True)
class Moment:
    """What a session did at a time, in seconds from its start.

    *event* is None if it sent what was due; *transition* if none was for the event.
    """

    at: float
    event: Event | None
    transition: Transition | None
    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class Ending:
    """How a rehearsal ended; *exited* is None if the session did not end."""

    at: float
    exited: Exited | None
    text: str

    @property
    def is_good(self) -> bool:
        """Whether the document ended the session by itself."""
        return self.exited is not None and self.exited.reason is None


def rehearse(
    document: Document,
    info: SessionInfo,
    far_end: FarEnd,
    texts: dict[str, str] | None = None,
) -> Iterator[Moment | Ending]:
    """Run *document* to its end, or to what is given it; the last item is the Ending."""
    steps: list[Step] = []
    session = Session(document, info, texts=texts, steps=steps)
    count, now = 0, 0.0
    try:
        asked = session.start(now)
        while True:
            for command in asked:
                far_end.take(command, now)
            for moment in _moments(now, steps, asked):
                yield moment
                count += moment.event is not None
                if count >= MAX_STEPS:
                    yield Ending(now, None, f"not ended after {MAX_STEPS} events")
                    return
            if asked and isinstance(asked[-1], Exited):
                yield Ending(now, asked[-1], _end_of(asked[-1]))
                return
            due = _earliest(session.next_timer(), far_end.next_due())
            if due is None:
                yield Ending(now, None, "still waiting, and nothing more will come")
                return
            if due > MAX_S:
                yield Ending(now, None, f"not ended after {MAX_S / 3600:.0f} hours")
                return
            now = due
            steps.clear()
            asked = _go_on(session, far_end.pop_due(now), now)
    finally:
        session.close()


def _go_on(session: Session, what: Happening | None, now: float) -> list[Command]:
    if what is None:
        return session.handle_timer(now)
    if isinstance(what, Event):
        return session.receive(what, now)
    return session.fetched(what.fetch_id, what.content, now, what.texts)


def _earliest(*dues: float | None) -> float | None:
    return min((due for due in dues if due is not None), default=None)


def _moments(
    now: float, steps: Sequence[Step], asked: Sequence[Command]
) -> Iterator[Moment]:
    """What was asked for, under the step that asked for it."""
    shown = [one for one in asked if not isinstance(one, Exited)]
    starts = [step.asked for step in steps] + [len(shown)]
    if before := tuple(shown[: starts[0]]):
        yield Moment(now, None, None, before)
    for step, start, end in zip(steps, starts, starts[1:], strict=False):
        yield Moment(now, step.event, step.transition, tuple(shown[start:end]))


def _end_of(exited: Exited) -> str:
    if exited.reason is None:
        return "exit"
    return f"ended with an error: {exited.reason}"
