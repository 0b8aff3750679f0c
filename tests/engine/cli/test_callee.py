"""``outring callee``: both ends of a call tell the same of it."""

import signal

import pytest

from tests.conftest import Dialer
from tests.engine.callee import called
from tests.engine.process import command

pytestmark = pytest.mark.sipp  # it needs pjsua2


async def test_it_rings_answers_and_notes_that_the_caller_hangs_up(
    dialer: Dialer,
) -> None:
    async with called("--answer-after", "0.2", "--calls", "1") as callee:
        _, answer = await dialer.call(callee.uris[0])
        await callee.until("answered")
        await dialer.hang_up(answer)
        await callee.until("caller_hung_up")
        view = await dialer.ended(answer)

        assert await callee.ended() == 0

    assert callee.happenings == ["called", "rings", "answered", "caller_hung_up"]
    assert callee.events[0]["value"].startswith("<sip:bvr@127.0.0.1> calls <sip:callee")
    assert answer["result"] == "Call connected"
    assert view["hangupBy"] == "caller"


async def test_it_hangs_up_by_itself(dialer: Dialer) -> None:
    async with called("--answer-after", "0", "--hang-up-after", "0") as callee:
        _, answer = await dialer.call(callee.uris[0])
        view = await dialer.ended(answer)
        await callee.until("hung_up")

    assert callee.happenings == ["called", "answered", "hung_up"]
    assert view["hangupBy"] == "callee"


async def test_it_refuses(dialer: Dialer) -> None:
    async with called("--refuse", "603") as callee:
        _, answer = await dialer.call(callee.uris[0])

        assert (await callee.until("refused"))["value"] == "603"

    assert (answer["sip"]["status"], answer["disposition"]) == (603, "rejected")


async def test_it_rings_until_the_caller_gives_up(dialer: Dialer) -> None:
    async with called("--ring") as callee:
        _, answer = await dialer.call(callee.uris[0], hints={"ring_timeout": 1000})
        await callee.until("cancelled")

    assert answer["disposition"] == "no_answer"


async def test_it_listens_on_tcp_too_and_hangs_up_when_it_is_stopped(
    dialer: Dialer,
) -> None:
    listen = ("udp:127.0.0.1:0", "tcp:127.0.0.1:0")
    async with called("--answer-after", "0", listen=listen) as callee:
        _, answer = await dialer.call(callee.uris[1])
        await callee.until("answered")
        callee.process.send_signal(signal.SIGTERM)
        view = await dialer.ended(answer)

        assert await callee.ended() == 0

    assert callee.uris[1].endswith(";transport=tcp")
    assert view["hangupBy"] == "callee"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (("--press", "12x"), "12x has other letters"),
        (("--listen", "tls:127.0.0.1:0"), "A callee has no TLS"),
        (("--listen", "127.0.0.1"), "is not protocol:address:port"),
    ],
)
async def test_what_it_cannot_do_is_refused(
    options: tuple[str, ...], text: str
) -> None:
    status, _, err = await command("callee", *options)

    assert status == 2
    assert text in err


async def test_on_every_address_it_is_called_by_that_of_loopback() -> None:
    async with called(listen=("udp:0.0.0.0:0", "tcp:[::]:0")) as callee:
        wide, wide_by_tcp = callee.uris

    assert wide.startswith("sip:callee@127.0.0.1:")
    assert wide_by_tcp.startswith("sip:callee@[::1]:")


async def test_a_port_that_is_taken_is_named() -> None:
    async with called() as callee:
        port = callee.uris[0].rpartition(":")[2]
        status, _, err = await command("callee", "--listen", f"udp:127.0.0.1:{port}")

    assert status == 2
    assert f"Cannot listen on udp:127.0.0.1:{port}" in err
