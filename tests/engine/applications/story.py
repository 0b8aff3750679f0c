"""What a document was told, read from the trace of its session."""

import asyncio
from collections.abc import Sequence
from typing import Any

from ccxml.commands import WriteLog
from ccxml.events import Event
from engine.applications import SessionRegistry
from engine.applications.trace_steps import TraceStep
from tests.ccxml.playing import EXIT, on, processor
from tests.conftest import SETTLE_S, View
from tests.engine.applications.conftest import Stage, createcall

Fields = dict[str, Any]

LOADED = "ccxml.loaded"
CONNECTED = "connection.connected"
FAILED = "connection.failed"
DISCONNECTED = "connection.disconnected"

CALL = on(LOADED, createcall())
UNTIL_FAILED = on(FAILED, EXIT)
UNTIL_DISCONNECTED = on(DISCONNECTED, EXIT)
HANG_UP = on(CONNECTED, "<disconnect/>")


class Story:
    """A session of a test."""

    def __init__(self, stage: Stage, key: str, answer: View) -> None:
        self.stage = stage
        self.key = key
        self.answer = answer

    @property
    def events(self) -> list[Event]:
        """All that it has taken so far."""
        return [moment.event for moment in self._moments if moment.event is not None]

    @property
    def _applications(self) -> SessionRegistry:
        return self.stage.dialer.process.parts.applications

    @property
    def _moments(self) -> Sequence[TraceStep]:
        traces = self._applications.traces(self.answer["applicationUUID"])
        assert traces
        return list(traces[0].steps)

    def names(self, kind: str = "connection") -> list[str]:
        """The names of all events of one kind, in order, without the kind."""
        start = f"{kind}."
        return [
            event.name.removeprefix(start)
            for event in self.events
            if event.name.startswith(start)
        ]

    def all(self, name: str) -> list[Fields]:
        """The events called *name*, as the document has seen them."""
        return [event.as_object() for event in self.events if event.name == name]

    def the(self, name: str) -> Fields:
        """The one event called *name*."""
        found = self.all(name)
        assert len(found) == 1, [
            (event.name, dict(event.fields)) for event in self.events
        ]
        return found[0]

    @property
    def log(self) -> list[str]:
        """What it has written."""
        return [
            command.text
            for moment in self._moments
            for command in moment.commands
            if isinstance(command, WriteLog)
        ]

    def send(self, name: str, **fields: Any) -> None:
        """Give it an event, as others may."""
        (running,) = self._applications.sessions_of_request(
            self.answer["applicationUUID"]
        )
        assert running.context.receive(Event(name, fields, is_sent=True))

    async def told(self, name: str, times: int = 1) -> Fields:
        """Wait until it has been told so, and so often; the last of these events."""
        try:
            async with asyncio.timeout(SETTLE_S):
                while len(self.all(name)) < times:
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(f"no {name} among {self.events}") from None
        return self.all(name)[times - 1]

    async def over(self) -> View:
        """Wait until it and its calls have ended; what the API tells of it."""
        return await self.stage.ended(self.key, self.answer)


async def play(
    stage: Stage, *transitions: str, before: str = "", of: Fields | None = None, **start: Any
) -> Story:  # fmt: skip
    """Start an application of these transitions; *of* are fields of the application."""
    key = await stage.application(before + processor(*transitions), **(of or {}))
    _, answer = await stage.start(key, **start)
    assert answer["result"] == "Application started", answer
    return Story(stage, key, answer)
