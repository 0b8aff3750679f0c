"""Questions and answers between two peers, without Redis."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import pytest
from structlog.testing import capture_logs

from engine.admission.ledger import LedgerError
from engine.cluster.messages import (
    AnswerMessage,
    ClientGone,
    EventInjected,
    KnownCall,
    Refusal,
    ShowCall,
    TraceText,
    encode_message,
)
from engine.cluster.rpc import RpcPeer
from engine.model.result import RefusedError, Result

LIMIT_S = 5.0
QUESTION = ShowCall("id", None)
ANSWER = KnownCall({"state": "ended"})


class Post:
    """Boxes in memory; each reader has one."""

    def __init__(self, boxes: dict[str, asyncio.Queue[bytes]], name: str) -> None:
        self.is_away = False
        self._boxes = boxes
        self._own = boxes.setdefault(name, asyncio.Queue())

    async def send(self, to: str, message: bytes) -> None:
        """Deliver it; while away, only after an error as if it were not."""
        self._boxes[to].put_nowait(message)
        if self.is_away:
            self.is_away = False
            raise LedgerError("away")

    async def read(self, take: Callable[[bytes], None]) -> None:
        """Deliver what comes."""
        while True:
            take(await self._own.get())


class Peers:
    """A front end that asks, and a node."""

    def __init__(self) -> None:
        self.boxes: dict[str, asyncio.Queue[bytes]] = {}
        self.post = Post(self.boxes, "front")
        self.front = RpcPeer(self.post, "front")  # type: ignore[arg-type]
        self.node = RpcPeer(Post(self.boxes, "node"), "node")  # type: ignore[arg-type]

    async def ask(self, *, is_patient: bool = False) -> KnownCall | Refusal:
        """Ask the node."""
        async with asyncio.timeout(LIMIT_S):
            return await self.front.ask(
                "node", QUESTION, KnownCall, is_patient=is_patient
            )


@pytest.fixture
async def peers() -> AsyncIterator[Peers]:
    """Both of them run."""
    peers = Peers()
    running = [asyncio.create_task(peer.run()) for peer in (peers.front, peers.node)]
    yield peers
    for task in running:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def know(question: ShowCall) -> KnownCall:
    """Know the call."""
    assert question == QUESTION
    return ANSWER


async def test_a_question_gets_its_answer(peers: Peers) -> None:
    peers.node.handle(ShowCall, know)
    assert await peers.ask() == ANSWER


async def test_a_refusal_is_an_answer(peers: Peers) -> None:
    async def refuse(_: ShowCall) -> KnownCall:
        raise RefusedError(Result.INTERNAL_ERROR, "No.")

    peers.node.handle(ShowCall, refuse)
    answer = await peers.ask()
    assert isinstance(answer, Refusal)
    assert answer.detail == "No."


async def test_a_notice_has_no_answer(peers: Peers) -> None:
    notices: asyncio.Queue[ClientGone] = asyncio.Queue()
    peers.node.handle(ClientGone, notices.put)
    await peers.front.notify("node", ClientGone("lease"))
    async with asyncio.timeout(LIMIT_S):
        assert await notices.get() == ClientGone("lease")


async def test_a_patient_question_waits_though_it_may_not_have_been_sent(
    peers: Peers,
) -> None:
    peers.node.handle(ShowCall, know)
    peers.post.is_away = True
    with pytest.raises(LedgerError):
        await peers.ask()
    peers.post.is_away = True
    assert await peers.ask(is_patient=True) == ANSWER


async def test_what_is_no_message_is_logged_and_the_next_one_is_read(
    peers: Peers,
) -> None:
    peers.node.handle(ShowCall, know)
    with capture_logs() as lines:
        for wrong in (b"", b"\xc1", b"{}"):
            peers.boxes["node"].put_nowait(wrong)
        assert await peers.ask() == ANSWER
    assert [line["event"] for line in lines] == ["message_refused"] * 3
    assert {line["box"] for line in lines} == {"node"}


async def test_an_answer_of_another_kind_is_logged_and_not_taken(peers: Peers) -> None:
    wrong = TraceText("null")

    async def answer(_: ShowCall) -> TraceText:
        return wrong

    peers.node.handle(ShowCall, answer)
    with capture_logs() as lines:
        asking = asyncio.create_task(peers.ask())
        async with asyncio.timeout(LIMIT_S):
            while not lines:
                await asyncio.sleep(0)
        assert not asking.done()
        asking.cancel()
    (line,) = lines
    assert line["event"] == "message_refused"
    assert line["reason"] == "TraceText for KnownCall"


async def test_an_answer_that_nobody_awaits_is_dropped(peers: Peers) -> None:
    peers.node.handle(ShowCall, know)
    with capture_logs() as lines:
        peers.boxes["front"].put_nowait(
            encode_message(AnswerMessage(1, EventInjected()))
        )
        assert await peers.ask() == ANSWER
    assert lines == []


async def test_a_question_that_nobody_answers_is_logged_as_a_crash(
    peers: Peers,
) -> None:
    with capture_logs() as lines:
        await peers.front.notify("node", QUESTION)
        async with asyncio.timeout(LIMIT_S):
            while not lines:
                await asyncio.sleep(0)
    assert [(line["event"], line["kind"]) for line in lines] == [
        ("question_crashed", "ShowCall")
    ]
