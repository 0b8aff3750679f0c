"""RPC over mailboxes: questions that processes ask each other, and their answers."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from random import getrandbits
from typing import Any, TypeVar

import msgspec
import structlog

from engine.admission.ledger import LedgerError
from engine.model.result import RefusedError
from engine.tasks.background_tasks import BackgroundTasks

from .mailbox import RETRY_S, Mailbox
from .messages import (
    Answer,
    AnswerMessage,
    Question,
    QuestionMessage,
    Refusal,
    decode_message,
    encode_message,
)

Q = TypeVar("Q", bound=Question)
A = TypeVar("A", bound=Answer)
Handler = Callable[[Q], Awaitable[Answer | None]]
"""Takes a question and returns the answer; None: send no answer."""

AWAY_S = 60.0  # an answer is sent again for so long while Redis is away

log = structlog.get_logger()


class _PendingQuestion:
    """A question that has no answer yet."""

    __slots__ = ("answer", "kind")

    def __init__(self, kind: type[msgspec.Struct]) -> None:
        self.kind = kind
        self.answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    def take(self, answer: Answer) -> bool:
        """Take the answer, or a copy of it; False if it is of the wrong kind."""
        if not isinstance(answer, (self.kind, Refusal)):
            return False
        if not self.answer.done():
            self.answer.set_result(answer)
        return True


class RpcPeer:
    """Asks other processes, and answers what they ask.

    ``run`` has to run beside it: it alone reads questions and answers.
    """

    def __init__(self, mailbox: Mailbox, name: str) -> None:
        """*name* is that of the box that *mailbox* reads, to which answers are sent."""
        self._handlers: dict[type[msgspec.Struct], Handler[Any]] = {}
        self._mailbox = mailbox
        self._name = name
        # Random, so that an answer to a question from before a restart of this process
        # is not taken for the answer to a new one.
        self._numbers = count(getrandbits(48))
        self._pending: dict[int, _PendingQuestion] = {}
        self._tasks = BackgroundTasks()

    def handle(self, kind: type[Q], handler: Handler[Q]) -> None:
        """Answer questions of this *kind* with *handler*, which may raise RefusedError.

        A question of a kind without a handler is logged as a crash.
        """
        self._handlers[kind] = handler

    async def ask(
        self, whom: str, question: Question, kind: type[A], *, is_patient: bool = False
    ) -> A | Refusal:
        """Send *question* to *whom*, and wait for its answer of this *kind* without a limit.

        The caller limits the wait, by a time-out or by cancelling. Raises LedgerError if
        the question may not have been sent; with *is_patient* it waits for the answer
        even then, since the question may have been sent.
        """
        number = next(self._numbers)
        pending = _PendingQuestion(kind)
        self._pending[number] = pending
        message = QuestionMessage(question, self._name, number)
        try:
            try:
                await self._mailbox.send(whom, encode_message(message))
            except LedgerError:
                if not is_patient:
                    raise
            answer = await pending.answer
            assert isinstance(answer, (kind, Refusal))
            return answer
        finally:
            del self._pending[number]

    async def notify(self, whom: str, question: Question) -> None:
        """Send *question* to *whom* without asking for an answer; raises LedgerError.

        The question may have been sent even if this raises.
        """
        await self._mailbox.send(whom, encode_message(QuestionMessage(question)))

    async def wait_until_answered(self) -> None:
        """Wait until all questions that have come so far are answered."""
        await self._tasks.wait_until_done()

    async def run(self) -> None:
        """Handle questions and answers until cancelled."""
        await self._mailbox.read(self._take)

    def _take(self, body: bytes) -> None:
        try:
            message = decode_message(body)
        except msgspec.MsgspecError as error:
            log.warning("message_refused", box=self._name, reason=str(error))
            return
        match message:
            case QuestionMessage():
                self._tasks.start(self._answer(message))
            case AnswerMessage(number, answer) if number in self._pending:
                pending = self._pending[number]
                if not pending.take(answer):
                    reason = f"{type(answer).__name__} for {pending.kind.__name__}"
                    log.warning("message_refused", box=self._name, reason=reason)

    async def _answer(self, message: QuestionMessage) -> None:
        question = message.question
        try:
            answer = await self._call_handler(question)
            if answer is not None and message.sender is not None:
                await self._send(message.sender, AnswerMessage(message.number, answer))
        except LedgerError as error:
            kind = type(question).__name__
            log.warning("not_answered", kind=kind, reason=str(error))
        except Exception:
            log.exception("question_crashed", kind=type(question).__name__)

    async def _call_handler(self, question: Question) -> Answer | None:
        try:
            return await self._handlers[type(question)](question)
        except RefusedError as refused:
            return Refusal.of(refused)

    async def _send(self, whom: str, answer: AnswerMessage) -> None:
        """Send an answer; try again for ``AWAY_S`` while Redis is away, then raise."""
        loop, body = asyncio.get_running_loop(), encode_message(answer)
        deadline = loop.time() + AWAY_S
        while True:
            try:
                return await self._mailbox.send(whom, body)
            except LedgerError:
                if loop.time() >= deadline:
                    raise
                await asyncio.sleep(RETRY_S)
