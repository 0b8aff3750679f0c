"""Fixtures: VoiceXML applications on real calls."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.conftest import SETTLE_S, SippFactory, View
from tests.engine.applications.conftest import Stage, server, stage
from tests.engine.applications.story import Story
from tests.sipp.handset import Handset, handset
from tests.sipp.scenario import ack, answer, bye, invite
from tests.sipp.talking import at
from tests.vxml.playing import HEAD
from vxml import commands as c

__all__ = ["server", "stage"]  # fixtures of the applications, for these tests too

LONG = '<prompt><break time="60s"/></prompt>'


def caught(event: str, *actions: str) -> str:
    """Log the name of an event, and do more."""
    return f'<catch event="{event}">{log("_event")}{"".join(actions)}</catch>'


HUNG_UP = "connection.disconnect.hangup"


def page(body: str, attributes: str = "") -> str:
    """A document with this body."""
    return f"{HEAD.removesuffix('>')} {attributes}>{body}</vxml>"


def form(*items: str) -> str:
    """A form of these items."""
    return f"<form>{''.join(items)}</form>"


def block(*actions: str) -> str:
    """A block."""
    return f"<block>{''.join(actions)}</block>"


def field(*parts: str, name: str = "digit", least: int = 1) -> str:
    """A field of digits."""
    kind = f"digits?length={least}"
    return f'<field name="{name}" type="{kind}">{"".join(parts)}</field>'


def filled(*actions: str) -> str:
    """What follows an input."""
    return f"<filled>{''.join(actions)}</filled>"


def log(expr: str) -> str:
    """Write a value to the log."""
    return f'<log expr="{expr}"/>'


class Voiced(Story):
    """A VoiceXML application on a call."""

    def __init__(self, stage: Stage, key: str, answer: View, phone: Handset) -> None:
        super().__init__(stage, key, answer)
        self.phone = phone

    @property
    def asked(self) -> list[c.Command]:
        """All that the VoiceXML session has asked for."""
        return [
            command
            for moment in self._moments
            if moment.event is not None and moment.event.name.startswith("vxml")
            for command in moment.commands
        ]

    @property
    def log(self) -> list[str]:
        """What it has written."""
        return [
            command.text for command in self.asked if isinstance(command, c.WriteLog)
        ]

    async def until(self, condition: Callable[[], Any]) -> None:
        """Wait until *condition* holds."""
        try:
            async with asyncio.timeout(SETTLE_S):
                while not condition():
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(
                [(event.name, dict(event.fields)) for event in self.events]
            ) from None

    async def plays(self, times: int = 1) -> None:
        """Wait until it has begun to play so often."""
        await self.until(
            lambda: sum(isinstance(command, c.Play) for command in self.asked) >= times
        )

    async def logged(self, *texts: str) -> None:
        """Wait until it has written so much; it must be *texts*."""
        await self.until(lambda: len(self.log) >= len(texts))
        assert tuple(self.log) == texts

    async def logged_at_least(self, count: int) -> None:
        """Wait until it has written so much."""
        await self.until(lambda: len(self.log) >= count)

    async def hang_up(self) -> None:
        """Ask over HTTP for the end of the call."""
        uuid = self.answer["applicationUUID"]
        status, _ = await self.stage.dialer.calls(uuid, "DELETE", self.key)
        assert status in (200, 202)

    @property
    def ending(self) -> str:
        """How it has ended."""
        (trace,) = self._applications.traces(self.answer["applicationUUID"])
        assert trace.ending is not None
        return trace.ending.text


@dataclass
class Voices:
    """Makes calls with VoiceXML."""

    stage: Stage
    sipp: SippFactory

    @asynccontextmanager
    async def call(
        self,
        document: str,
        *last: str,
        fields: dict[str, Any] | None = None,
        of: dict[str, Any] | None = None,
    ) -> AsyncIterator[Voiced]:
        """``call_at`` of *document*, which is served for it."""
        text = document if document.startswith("<vxml") else page(document)
        uri = self.stage.server.serve(text, "application/voicexml+xml")
        async with self.call_at(uri, *last, fields=fields, of=of) as voiced:
            yield voiced

    @asynccontextmanager
    async def call_at(
        self,
        uri: str,
        *last: str,
        fields: dict[str, Any] | None = None,
        of: dict[str, Any] | None = None,
    ) -> AsyncIterator[Voiced]:
        """A call that is answered and runs the document at *uri*; it ends as *last* says, or by
        our BYE.

        *fields* are those of the request, *of* those of the application.
        """
        key = await self.stage.application_at(uri, type="VXML", **(of or {}))
        async with handset() as phone:
            steps = (invite(), at(phone, answer()), ack(), *(last or (bye(),)))
            async with self.sipp(*steps) as callee:
                _, answered = await self.stage.call(key, callee.uri, **(fields or {}))
                assert answered["result"] == "Call connected", answered
                voiced = Voiced(self.stage, key, answered, phone)
                yield voiced
                await voiced.over()


CallFactory = Callable[..., AbstractAsyncContextManager[Voiced]]


@pytest.fixture
def call(stage: Stage, sipp: SippFactory) -> CallFactory:
    """``async with call(document) as voiced``."""
    return Voices(stage, sipp).call
