"""Exchange: questions that processes ask each other by mail, and the answers."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from random import getrandbits
from typing import Any

import structlog

from engine.admission.ledger import LedgerError
from engine.tasks.background_tasks import BackgroundTasks

from .mailbox import RETRY_S, Mailbox, Message

Handler = Callable[[Message], Awaitable[Message | None]]
"""Answers a question; None if nobody waits for an answer."""

AWAY_S = 60.0  # so long may Redis be away without an answer getting lost

log = structlog.get_logger()


class RpcPeer:
    """Asks others, and answers what they ask."""

    def __init__(self, mail: Mailbox, name: str) -> None:
        """*name* is that of the box that *mail* reads."""
        self.handlers: dict[str, Handler] = {}
        """What answers each kind of question."""
        self._mail = mail
        self._name = name
        # An answer that comes after a restart must not be taken for another one.
        self._numbers = count(getrandbits(48))
        self._waiting: dict[int, asyncio.Future[Message]] = {}
        self._tasks = BackgroundTasks()

    async def ask(
        self, whom: str, kind: str, *, is_patient: bool = False, **question: Any
    ) -> Message:
        """The answer of *whom*, however long it takes.

        Raises LedgerError if it is not known whether the question was sent; with
        *is_patient* the answer is waited for then, too.
        """
        number = next(self._numbers)
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            await self._mail.send(
                whom,
                {"kind": kind, "from": self._name, "number": number, "body": question},
            )
        except LedgerError:
            if not is_patient:
                raise
            return await answer
        else:
            return await answer
        finally:
            del self._waiting[number]

    async def notify(self, whom: str, kind: str, **news: Any) -> None:
        """Let *whom* know; raises LedgerError."""
        await self._mail.send(whom, {"kind": kind, "body": news})

    async def wait_until_answered(self) -> None:
        """Wait until every question that has come is answered."""
        await self._tasks.done()

    async def run(self) -> None:
        """Take what comes, for ever."""
        await self._mail.read(self._take)

    def _take(self, message: Message) -> None:
        if "kind" in message:
            self._tasks.start(self._answer(message))
            return
        waiting = self._waiting.get(message.get("number", 0))
        if waiting is not None and not waiting.done():
            waiting.set_result(message["body"])

    async def _answer(self, message: Message) -> None:
        kind = message["kind"]
        try:
            body = await self.handlers[kind](message["body"])
            if body is not None and "from" in message:
                answer = {"number": message["number"], "body": body}
                await self._send(message["from"], answer)
        except LedgerError as error:
            log.warning("not_answered", kind=kind, reason=str(error))
        except Exception:
            log.exception("question_crashed", kind=kind)

    async def _send(self, whom: str, answer: Message) -> None:
        """Send an answer, also if Redis is away for a while; raises LedgerError."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + AWAY_S
        while True:
            try:
                return await self._mail.send(whom, answer)
            except LedgerError:
                if loop.time() >= deadline:
                    raise
                await asyncio.sleep(RETRY_S)
