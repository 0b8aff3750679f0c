"""Rehearses a CCXML document: it runs against a far end that follows a script.

Time is a number: it jumps to the next timer of the document or the next event of the
script, so that nothing is waited for.
"""

from collections.abc import Iterator

from ccxml import Document
from ccxml.commands import Command, Exited
from ccxml.events import Event
from ccxml.session import Session, SessionInfo, Step
from engine.applications.trace_steps import TraceEnd, TraceStep, steps_of

from .scripted_far_end import DAY_S, FarEndEvent, ScriptedFarEnd

MAX_STEPS = 10_000
MAX_S = DAY_S


def rehearse(
    document: Document,
    info: SessionInfo,
    far_end: ScriptedFarEnd,
    texts: dict[str, str] | None = None,
) -> Iterator[TraceStep | TraceEnd]:
    """Run *document* until it exits, until nothing more can happen, or to a limit; the
    last item is the TraceEnd.

    Limits are ``MAX_STEPS`` events and ``MAX_S`` seconds of rehearsed time. *texts* are
    the document's static scripts, by their ``src``.
    """
    steps: list[Step] = []
    session = Session(document, info, texts=texts, steps=steps)
    try:
        yield from _run(session, steps, far_end)
    finally:
        session.close()


def _run(
    session: Session, steps: list[Step], far_end: ScriptedFarEnd
) -> Iterator[TraceStep | TraceEnd]:
    count, now = 0, 0.0
    commands = session.start(now)
    while True:
        for command in commands:
            far_end.handle(command, now)
        for step in steps_of(now, steps, commands):
            yield step
            count += step.event is not None
            if count >= MAX_STEPS:
                yield TraceEnd(now, f"not ended after {MAX_STEPS} events")
                return
        if commands and isinstance(exited := commands[-1], Exited):
            yield TraceEnd.after_exit(now, exited.reason, exited.expr, exited.namelist)
            return
        due = _earliest(session.next_timer(), far_end.next_due())
        if due is None:
            yield TraceEnd(now, "still waiting, and nothing more will come")
            return
        if due > MAX_S:
            yield TraceEnd(now, f"not ended after {MAX_S / 3600:.0f} hours")
            return
        now = due
        steps.clear()
        commands = _advance(session, far_end.pop_due(now), now)


def _advance(session: Session, what: FarEndEvent | None, now: float) -> list[Command]:
    if what is None:
        return session.handle_timer(now)
    if isinstance(what, Event):
        return session.receive(what, now)
    return session.on_fetched(what.fetch_id, what.content, now, what.texts)


def _earliest(*dues: float | None) -> float | None:
    return min((due for due in dues if due is not None), default=None)
