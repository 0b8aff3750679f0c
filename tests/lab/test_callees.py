"""The callees of the lab, each as it is called."""

import asyncio
import re
import socket
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from tests.conftest import Dialer, SippFactory
from tests.lab.dashboard import LAB
from tests.sipp.runner import start_sipp

pytestmark = pytest.mark.sipp

CALLS = 120  # to the flaky one: once in 10^10 runs one of its three ways is not seen
SILENT_S = 1.0
FINAL = re.compile(
    r"\ASIP/2\.0 (?P<status>[2-6]\d\d) .*^Call-ID: call-(?P<number>\d+)", re.S | re.M
)


def behaviour(name: str) -> Path:
    """The scenario of a callee."""
    return LAB / f"callees/{name}.xml"


async def test_answers(dialer: Dialer, sipp: SippFactory) -> None:
    async with sipp(file=behaviour("answers")) as callee:
        status, answer = await dialer.call(callee.uri)
        assert (status, answer["result"]) == (200, "Call connected")
        await dialer.hang_up(answer)
        await dialer.ended(answer)


async def test_answers_and_hangs_up(dialer: Dialer, sipp: SippFactory) -> None:
    async with sipp(file=behaviour("answers")) as callee:
        _, answer = await dialer.call(callee.uri)
        view = await dialer.ended(answer, limit_s=15)
    assert 9_900 < view["duration"] < 12_000


async def test_slow(dialer: Dialer, sipp: SippFactory) -> None:
    async with sipp(file=behaviour("slow")) as callee:
        _, answer = await dialer.call(callee.uri)
        assert answer["result"] == "Call connected"
        assert answer["timings"]["setup"] > 900
        assert answer["timings"]["answer"] > 4900
        await dialer.hang_up(answer)
        await dialer.ended(answer)


async def test_slow_is_cancelled(dialer: Dialer, sipp: SippFactory) -> None:
    async with sipp(file=behaviour("slow")) as callee:
        _, answer = await dialer.call(callee.uri, hints={"ring_timeout": 2000})
        assert answer["sip"] == {
            "status": 487,
            "reason": "Request Terminated",
            "origin": "local-cancel",
        }


async def test_busy(dialer: Dialer, sipp: SippFactory) -> None:
    async with sipp(file=behaviour("busy")) as callee:
        status, answer = await dialer.call(callee.uri)
    assert (status, answer["result"], answer["sip"]["status"]) == (
        404,
        "Call failed",
        486,
    )


async def test_silent(dialer: Dialer, sipp: SippFactory) -> None:
    async with sipp(file=behaviour("silent")) as callee:
        _, answer = await dialer.call(callee.uri, hints={"ring_timeout": 1000})
    assert (answer["sip"]["status"], answer["sip"]["origin"]) == (487, "local-cancel")
    assert "setup" in answer["timings"]


async def test_flaky(tmp_path: Path) -> None:
    """It answers, refuses and loses calls; asked by hand, since what it loses takes long."""
    callee = await start_sipp(behaviour("flaky"), tmp_path, calls=CALLS)
    try:
        ends = await ends_of_calls(callee.port)
    finally:
        await callee.end()
    counts = Counter(ends.get(number) for number in range(CALLS))
    assert set(counts) == {200, 503, None}, counts


async def ends_of_calls(port: int) -> dict[int, int]:
    """Send INVITEs, those without an end once more; the final status of each that has one."""
    ends: dict[int, int] = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller:
        caller.setblocking(False)
        caller.bind(("127.0.0.1", 0))
        caller.connect(("127.0.0.1", port))
        for _ in range(2):  # the first time SIPp's buffer may be too small for all
            for number in set(range(CALLS)) - ends.keys():
                caller.send(invite(number, caller.getsockname()[1]))
            await note_ends(caller, ends)
    return ends


async def note_ends(caller: socket.socket, ends: dict[int, int]) -> None:
    """Read final responses, until no new one has come for a while."""
    loop = asyncio.get_running_loop()
    with suppress(TimeoutError):
        async with asyncio.timeout(SILENT_S) as limit:
            while True:
                message = (await loop.sock_recv(caller, 4096)).decode()
                found = FINAL.search(message)
                if found and int(found["number"]) not in ends:
                    ends[int(found["number"])] = int(found["status"])
                    limit.reschedule(loop.time() + SILENT_S)


def invite(number: int, port: int) -> bytes:
    """The INVITE of a call."""
    lines = [
        "INVITE sip:anybody@127.0.0.1 SIP/2.0",
        f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK-{number}",
        f"From: <sip:caller@127.0.0.1>;tag={number}",
        "To: <sip:anybody@127.0.0.1>",
        f"Call-ID: call-{number}",
        "CSeq: 1 INVITE",
        f"Contact: <sip:caller@127.0.0.1:{port}>",
        "Max-Forwards: 70",
        "Content-Length: 0",
        "",
        "",
    ]
    return "\r\n".join(lines).encode()
