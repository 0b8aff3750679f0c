"""Digits both ways: telephone-events in real RTP (RFC 4733), and SIP INFO."""

import time
from itertools import pairwise
from pathlib import Path

import pytest

from sip.media import Clip, Dtmf, Silence, Stop
from tests.conftest import SippFactory
from tests.sipp.conftest import Caller
from tests.sipp.handset import FRAME, handset
from tests.sipp.scenario import (
    ack,
    answer,
    bye,
    hang_up,
    has_text,
    info,
    invite,
    pause,
    send_info,
)
from tests.sipp.sound import loudness, sweep, write
from tests.sipp.talking import at, talking

pytestmark = pytest.mark.sipp

ALL = "0123456789*#ABCD"


async def digits(caller: Caller, count: int) -> str:
    """The next digits that are told."""
    return "".join([(await caller.digit()).digit for _ in range(count)])


async def test_heard(caller: Caller, sipp: SippFactory) -> None:
    async with talking(caller, sipp) as (_, far_end):
        began = time.monotonic()
        for key in ALL:
            far_end.press(key)
        first = await caller.digit()
        assert (first.digit, first.how) == ("0", Dtmf.RFC4733)
        assert began < first.at < time.monotonic()
        assert await digits(caller, len(ALL) - 1) == ALL[1:]
        await far_end.until(lambda: far_end.is_silent)
        assert not caller.has_events


@pytest.mark.parametrize("sent", [97, 101])
async def test_heard_by_the_number_that_either_side_has_told(
    caller: Caller, sipp: SippFactory, sent: int
) -> None:
    """Ours is 101; the far end answers 97, and may send with that as well."""
    async with handset() as far_end:
        far_end.event_kind = sent
        told = at(far_end, answer()).replace("101", "97")
        steps = (invite(has_text("a=rtpmap:101 telephone-event/8000")), told, ack())
        async with sipp(*steps, bye()) as callee:
            leg = await caller.invite(callee.uri)
            await caller.answered()
            for key in "17":
                far_end.press(key)
            assert await digits(caller, 2) == "17"
            caller.agent.hang_up(leg)
            await caller.ended()


@pytest.mark.parametrize("sent", [101, 102, 98])
async def test_heard_beside_opus(caller: Caller, sipp: SippFactory, sent: int) -> None:
    """Its events may have its clock or the usual one, each with a number of its own."""
    async with handset() as far_end:
        far_end.event_kind = sent
        told = at(far_end, answer()).replace("RTP/AVP 0 101", "RTP/AVP 96 97 98")
        told = told.replace("rtpmap:0 PCMU/8000", "rtpmap:96 opus/48000/2")
        told = told.replace("a=rtpmap:101", "a=rtpmap:97")
        told = told.replace(
            "event/8000\n", "event/8000\na=rtpmap:98 telephone-event/48000\n"
        )
        steps = (invite(has_text("a=rtpmap:102 telephone-event/48000")), told, ack())
        async with sipp(*steps, bye()) as callee:
            leg = await caller.invite(callee.uri)
            await caller.answered()
            far_end.press("4")
            far_end.press("2")
            assert await digits(caller, 2) == "42"
            caller.agent.hang_up(leg)
            await caller.ended()


@pytest.mark.parametrize(
    "lost",
    [
        pytest.param({0, 1, 2}, id="its beginning"),
        pytest.param({1, 3, 5}, id="every second packet"),
        pytest.param({4, 5, 6}, id="its end"),
        pytest.param({0, 1, 2, 3, 4, 5}, id="all but one"),
    ],
)
async def test_heard_in_spite_of_loss(
    caller: Caller, sipp: SippFactory, lost: set[int]
) -> None:
    async with talking(caller, sipp) as (_, far_end):
        far_end.press("5", lost=lost)
        far_end.press("7")
        far_end.press("7", lost={4, 5, 6})
        far_end.press("7")
        far_end.press("5", ends=6)
        assert await digits(caller, 5) == "57775"
        await far_end.until(lambda: far_end.is_silent)
        assert not caller.has_events


async def test_barge_in(caller: Caller, sipp: SippFactory, tmp_path: Path) -> None:
    long = Clip(write(tmp_path / "long.wav", sweep(5000)))
    async with talking(caller, sipp) as (leg, far_end):
        caller.agent.play(leg, 1, (Silence(10), long), stops_on="12")
        caller.agent.play(leg, 2, (long,))
        await far_end.until(lambda: loudness(far_end.heard()[-FRAME:]) > 1000)
        far_end.press("3")
        assert (await caller.digit()).digit == "3"
        await far_end.hears(5)
        assert loudness(far_end.heard()[-FRAME:]) > 1000

        pressed = time.monotonic()
        far_end.press("2")
        assert (await caller.digit()).digit == "2"
        first, second = await caller.played(), await caller.played()
        assert (first.number, first.stop) == (1, Stop.DIGIT)
        assert 0 < first.duration_ms < 5000
        assert (second.number, second.stop, second.duration_ms) == (2, Stop.DIGIT, 0)
        await far_end.hears(15)
        loud = [
            packet.at
            for n, packet in enumerate(far_end.packets)
            if packet.kind == 0 and loudness(far_end.heard(n)[:FRAME]) > 1000
        ]
        print(
            f"the last sound came {(max(loud) - pressed) * 1000:.0f} ms after the key"
        )
        assert max(loud) - pressed < 0.1

        caller.agent.play(leg, 3, (Silence(100),))
        assert (await caller.played()).stop is Stop.FINISHED


async def test_sent(caller: Caller, sipp: SippFactory) -> None:
    async with talking(caller, sipp) as (leg, far_end):
        caller.agent.send_digits(leg, "11#d")
        await far_end.until(lambda: len(far_end.events()) == 4)
        await far_end.until(lambda: far_end.events()[-1].ends == 3)
        await far_end.hears(10)
        events = far_end.events()
        assert "".join(event.key for event in events) == "11#D"
        assert {event.duration for event in events} == {800}
        assert {event.ends for event in events} == {3}
        for earlier, later in pairwise(events):
            assert later.timestamp - earlier.timestamp >= 1600
        last = [packet for packet in far_end.packets if packet.kind == 0][-1]
        assert last.timestamp - events[-1].timestamp < 8 * 2000


async def test_beside_opus(caller: Caller, sipp: SippFactory, tmp_path: Path) -> None:
    """Its time-stamps have another rate, and so have events (RFC 7587 §4.1)."""
    async with handset() as far_end:
        opus = (
            at(far_end, answer())
            .replace("RTP/AVP 0 101", "RTP/AVP 96 121")
            .replace("rtpmap:0 PCMU/8000", "rtpmap:96 opus/48000/2")
            .replace(
                "rtpmap:101 telephone-event/8000", "rtpmap:121 telephone-event/48000"
            )
        )
        async with sipp(invite(), opus, ack(), bye()) as callee:
            leg = await caller.invite(callee.uri)
            await caller.answered()
            caller.agent.play(leg, 1, (Clip(write(tmp_path / "a.wav", sweep(300))),))
            assert (await caller.played()).duration_ms == 300
            caller.agent.send_digits(leg, "12")
            await far_end.until(lambda: len(far_end.events()) == 2)
            await far_end.until(lambda: far_end.events()[-1].ends == 3)
            assert {event.duration for event in far_end.events()} == {4800}
            far_end.event_kind = 121
            far_end.press("5")
            far_end.press("6")
            assert await digits(caller, 2) == "56"
            caller.agent.hang_up(leg)
            await caller.ended()


async def test_sent_with_its_length(caller: Caller, sipp: SippFactory) -> None:
    async with talking(caller, sipp) as (leg, far_end):
        caller.agent.send_digits(leg, "1", on_ms=300)
        await far_end.until(lambda: far_end.events() and far_end.events()[0].ends == 3)
        assert far_end.events()[0].duration == 2400


async def test_more_than_pjsip_keeps(caller: Caller, sipp: SippFactory) -> None:
    async with talking(caller, sipp) as (leg, far_end):
        caller.agent.send_digits(leg, "0123456789" * 4, on_ms=40, off_ms=20)
        await far_end.until(lambda: len(far_end.events()) == 40)
        assert "".join(event.key for event in far_end.events()) == "0123456789" * 4


async def test_sent_by_info(caller: Caller, sipp: SippFactory) -> None:
    async with handset() as far_end:
        asked = [
            info(has_text(f"Signal={digit}[[:space:]]+Duration=120")) for digit in "5#"
        ]
        steps = (invite(), at(far_end, answer()), ack(), *asked, hang_up())
        async with sipp(*steps) as callee:
            leg = await caller.invite(callee.uri)
            caller.agent.send_digits(leg, "5#", how=Dtmf.INFO, on_ms=120)
            await caller.answered()
            await caller.ended()
            assert not far_end.events()


async def test_sent_by_info_where_events_were_not_negotiated(
    caller: Caller, sipp: SippFactory
) -> None:
    without = answer().replace("RTP/AVP 0 101", "RTP/AVP 0")
    without = without.replace("a=rtpmap:101 telephone-event/8000\n", "")
    steps = (invite(), without, ack(), info(has_text("Signal=9")), hang_up())
    async with sipp(*steps) as callee:
        leg = await caller.invite(callee.uri)
        caller.agent.send_digits(leg, "9")
        await caller.answered()
        await caller.ended()


async def test_heard_by_info(caller: Caller, sipp: SippFactory, tmp_path: Path) -> None:
    long = Clip(write(tmp_path / "long.wav", sweep(5000)))
    async with handset() as far_end:
        sent = (
            send_info("Signal=5\r\nDuration=160\r\n", cseq=1),
            send_info("Signal= *\r\nDuration= 160\r\n", cseq=2),
            send_info("Signal=?\r\nDuration=160\r\n", cseq=3),
            send_info("nonsense", cseq=4, response=400),
            send_info("Signal=d\r\nDuration=160\r\n", cseq=5),
            send_info("7", cseq=6, kind="dtmf"),
            send_info("!", cseq=7, kind="dtmf"),
            send_info("x", cseq=8, kind="dtmf", response=400),
            send_info("Signal=11\nDuration=1", cseq=9, kind="DTMF"),
        )
        steps = (invite(), at(far_end, answer()), ack(), pause(500), *sent)
        async with sipp(*steps, hang_up(cseq=10)) as callee:
            leg = await caller.invite(callee.uri)
            caller.agent.play(leg, 1, (long,), stops_on="*")
            await caller.answered()
            first = await caller.digit()
            assert (first.digit, first.how) == ("5", Dtmf.INFO)
            assert (await caller.digit()).digit == "*"
            assert (await caller.played()).stop is Stop.DIGIT
            assert await digits(caller, 3) == "D7#"
            await caller.ended()
