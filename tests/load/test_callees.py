"""Callees: what SIPp's files say, and that they count what comes twice."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.load.callees import Figures, callees, figures_of, retransmissions
from tests.load.mix import Mix, Outcome

COUNTS = {
    "CurrentTime": "now",
    "0_INVITE_Recv": "5",
    "0_INVITE_Retrans": "2",
    "1_180_Sent": "5",
    "1_180_Retrans": "1",
    "2_Pause_Sessions": "5",
    "3_INVITE_Recv": "4",
    "3_INVITE_Retrans": "0",
    "4_ACK_Recv": "4",
    "4_ACK_Retrans": "1",
    "4_ACK_Timeout": "9",
}
STAT = {"TotalCallCreated": "5", "FailedCall(C)": "1", "CurrentCall": "2"} | {
    "DeadCallMsgs(C)": "10"
}


def test_what_was_sent_again_and_what_came_again() -> None:
    assert retransmissions(COUNTS) == (1, 7)
    assert figures_of([STAT], [COUNTS]) == Figures(5, 1, 2, by_callee=1, by_dialer=17)
    assert figures_of([], []) == Figures()


@pytest.mark.sipp
@pytest.mark.parametrize("outcome", [Outcome.ANSWER, Outcome.BUSY])
async def test_an_invite_that_comes_again_is_counted_and_answered_again(
    tmp_path: Path, outcome: Outcome
) -> None:
    mix = Mix.model_validate({"share": {outcome: 1}})
    async with (
        callees(tmp_path, mix) as far_ends,
        calling(far_ends.uri(outcome)) as call,
    ):
        call.send("INVITE")
        assert "180" in await call.status()
        final = await call.status()
        for _ in range(2):
            call.send("INVITE")
            assert await call.status() == final
        call.send("ACK")
        if outcome is Outcome.ANSWER:
            call.send("BYE")
            assert "200" in await call.status_of("BYE")
        figures = (await far_ends.end())[outcome]

    assert figures == Figures(calls=1, by_dialer=2, by_callee=figures.by_callee)
    assert figures.by_callee >= 2


@pytest.mark.sipp
async def test_a_ringing_callee_takes_cancel_and_cancel_again(tmp_path: Path) -> None:
    mix = Mix.model_validate({"share": {"no_answer": 1}})
    uri = Outcome.NO_ANSWER
    async with callees(tmp_path, mix) as far_ends, calling(far_ends.uri(uri)) as call:
        for _ in range(2):
            call.send("INVITE")
            assert "180" in await call.status()
        call.send("CANCEL")
        assert "200" in await call.status()
        assert "487" in await call.status()
        call.send("CANCEL")
        call.send("ACK")
        figures = await far_ends.end()

    assert figures == {uri: Figures(calls=1, by_dialer=2, by_callee=1)}


@pytest.mark.sipp
async def test_a_callee_that_hangs_up(tmp_path: Path) -> None:
    mix = Mix.model_validate(
        {"share": {"answer": 1}, "answer": {"hangs_up": "callee", "hold_ms": 100}}
    )
    uri = Outcome.ANSWER
    async with callees(tmp_path, mix) as far_ends, calling(far_ends.uri(uri)) as call:
        call.send("INVITE")
        assert "180" in await call.status()
        assert "200" in await call.status()
        call.send("ACK")
        bye = await call.received()
        assert bye.startswith(f"BYE sip:caller@127.0.0.1:{call.port} SIP/2.0\r\n")
        assert "\r\nTo: <sip:caller@127.0.0.1>;tag=1\r\n" in bye
        call.send("200 OK", method="BYE")
        figures = await far_ends.end()

    assert figures == {uri: Figures(calls=1)}


@pytest.mark.sipp
async def test_nobody_says_anything_but_what_comes_is_counted(tmp_path: Path) -> None:
    mix = Mix.model_validate({"share": {"silence": 1}})
    uri = Outcome.SILENCE
    async with callees(tmp_path, mix) as far_ends, calling(far_ends.uri(uri)) as call:
        for _ in range(2):
            call.send("INVITE")
        while far_ends.silent_messages < 2:
            await asyncio.sleep(0.01)
        assert call.is_quiet

        assert await far_ends.end() == {}


class Call:
    """One call of a caller that sends what a test wants."""

    def __init__(self, to: str, own: socket.socket) -> None:
        self.port: int = own.getsockname()[1]
        self._own = own
        self._to = ("127.0.0.1", int(to.rpartition(":")[2]))

    def send(self, what: str, method: str = "") -> None:
        """A request, or a response to one."""
        is_response = bool(method)
        start = (
            f"SIP/2.0 {what}" if is_response else f"{what} sip:callee@127.0.0.1 SIP/2.0"
        )
        lines = [
            start,
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK1",
            "From: <sip:caller@127.0.0.1>;tag=1",
            "To: <sip:callee@127.0.0.1>",
            "Call-ID: once",
            f"CSeq: 1 {method or what}",
            f"Contact: <sip:caller@127.0.0.1:{self.port}>",
            "Content-Length: 0",
        ]
        self._own.sendto("\r\n".join([*lines, "", ""]).encode(), self._to)

    async def received(self) -> str:
        """The next message."""
        loop = asyncio.get_running_loop()
        return (await loop.sock_recv(self._own, 65536)).decode()

    async def status(self) -> str:
        """The status line of the next message."""
        return (await self.received()).partition("\r\n")[0]

    async def status_of(self, method: str) -> str:
        """The status line of the next response to *method*; others may come again before."""
        while f"\r\nCSeq: 1 {method}\r\n" not in (message := await self.received()):
            pass
        return message.partition("\r\n")[0]

    @property
    def is_quiet(self) -> bool:
        """Whether nothing has come."""
        try:
            self._own.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        return False


@asynccontextmanager
async def calling(to: str) -> AsyncIterator[Call]:
    """Make one, for half a minute at the most."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.setblocking(False)
        own.bind(("127.0.0.1", 0))
        async with asyncio.timeout(30):
            yield Call(to, own)
