"""RPC over mailboxes: questions that processes ask each other, and their answers."""

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
"""Takes the body of a question and returns that of the answer; None: send no answer."""

AWAY_S = 60.0  # an answer is sent again for so long while Redis is away

log = structlog.get_logger()


class RpcPeer:
    """Asks other processes, and answers what they ask with ``handlers``.

    ``run`` has to run beside it: it alone reads questions and answers.
    """

    def __init__(self, mailbox: Mailbox, name: str) -> None:
        """*name* is that of the box that *mailbox* reads, to which answers are sent."""
        self.handlers: dict[str, Handler] = {}
        """Handlers by the kind of question; a question without one is logged as a crash."""
        self._mailbox = mailbox
        self._name = name
        # Random, so that an answer to a question from before a restart of this process
        # is not taken for the answer to a new one.
        self._numbers = count(getrandbits(48))
        self._waiting: dict[int, asyncio.Future[Message]] = {}
        self._tasks = BackgroundTasks()

    async def ask(
        self, whom: str, kind: str, *, is_patient: bool = False, **question: Any
    ) -> Message:
        """Send a question to *whom*, and wait for the answer without a limit.

        The caller limits the wait, by a time-out or by cancelling. Raises LedgerError if
        the question may not have been sent; with *is_patient* it waits for the answer
        even then, since the question may have been sent.
        """
        number = next(self._numbers)
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            await self._mailbox.send(
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
        """Send a message of this *kind* to *whom* without an answer; raises LedgerError."""
        await self._mailbox.send(whom, {"kind": kind, "body": news})

    async def wait_until_answered(self) -> None:
        """Wait until all questions that have come so far are answered."""
        await self._tasks.done()

    async def run(self) -> None:
        """Handle questions and answers until cancelled."""
        await self._mailbox.read(self._take)

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
        """Send an answer; try again for ``AWAY_S`` while Redis is away, then raise."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + AWAY_S
        while True:
            try:
                return await self._mailbox.send(whom, answer)
            except LedgerError:
                if loop.time() >= deadline:
                    raise
                await asyncio.sleep(RETRY_S)
