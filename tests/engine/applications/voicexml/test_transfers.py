"""``transfer``: the caller is sent to, or talks with, somebody else."""

import pytest

from tests.conftest import SippFactory
from tests.engine.applications.conftest import Stage
from tests.engine.applications.voicexml.conftest import (
    HUNG_UP,
    CallFactory,
    block,
    caught,
    filled,
    form,
    log,
)
from tests.sipp.handset import handset
from tests.sipp.scenario import (
    ack,
    answer,
    bye,
    cancel,
    hang_up,
    has_header,
    invite,
    notify,
    pause,
    refer,
    reply,
)
from tests.sipp.sound import loudness, place_of, sweep, wav
from tests.sipp.talking import at

pytestmark = pytest.mark.sipp

GONE = "connection.disconnect.transfer"
DESK = "sip:desk@127.0.0.1:5070"
TRYING = notify(100, cseq=1, over=False)


def transfer(dest: str, *parts: str, kind: str = "bridge", **attributes: str) -> str:
    """A transfer whose outcome is logged."""
    given = "".join(f' {name}="{value}"' for name, value in attributes.items())
    inside = "".join((*parts, filled(log("t"))))
    return f'<transfer name="t" type="{kind}" dest="{dest}"{given}>{inside}</transfer>'


# -- blind -------------------------------------------------------------------------


async def test_blind(call: CallFactory) -> None:
    steps = (
        refer(has_header("Refer-To", f"<{DESK}>")),
        TRYING,
        notify(200, cseq=2),
        bye(),
    )
    document = caught(GONE) + form(transfer(DESK, kind="blind"))
    async with call(document, *steps) as voiced:
        await voiced.logged(GONE)
    assert voiced.ending == "exit"


async def test_blind_to_somebody_who_is_busy(call: CallFactory) -> None:
    steps = (refer(), TRYING, notify(486, cseq=2), bye())
    async with call(form(transfer(DESK, kind="blind")), *steps) as voiced:
        await voiced.logged("busy")
    assert voiced.ending == "exit"


@pytest.mark.parametrize("dest", ["nobody", "tel:+4711"])
async def test_blind_to_nowhere(call: CallFactory, dest: str) -> None:
    document = caught("error.connection", "<exit/>") + form(
        transfer(dest, kind="blind")
    )
    async with call(document) as voiced:
        await voiced.until(lambda: voiced.log)
    assert voiced.log == ["error.connection.protocol.400"]


# -- bridge ------------------------------------------------------------------------


async def test_bridge(call: CallFactory, sipp: SippFactory) -> None:
    """Both hear each other, and afterwards the caller hears the document again."""
    said = sweep(1000)
    async with handset() as desk:
        steps = (invite(), at(desk, answer()), ack(), pause(2500), hang_up())
        async with sipp(*steps) as other:
            after = block("<prompt>Welcome back</prompt>", log("t$.duration"))
            async with call(form(transfer(other.uri), after)) as voiced:
                await desk.hears(10)
                voiced.phone.say(said)
                desk.say(said)
                await voiced.logged_at_least(1)
                await voiced.over()
                place_of(said[800:4800], desk.heard())
                place_of(said[800:4800], voiced.phone.heard())
    assert voiced.log[0] == "far_end_disconnect"
    assert 1 < float(voiced.log[1]) < 10
    assert voiced.ending == "exit"


async def test_the_caller_hears_a_sound_until_the_other_one_answers(
    stage: Stage, call: CallFactory, sipp: SippFactory
) -> None:
    sound = sweep(20_000)
    url = stage.server.serve(wav(sound), "audio/wav")
    steps = (invite(), reply(180), pause(1500), answer(), ack(), pause(1000), hang_up())
    async with sipp(*steps) as other:
        asks = form(transfer(other.uri, transferaudio=url))
        async with call(asks) as voiced:
            heard = voiced.phone.heard
            await voiced.phone.until(lambda: loudness(heard()[-1600:]) > 100)
            await voiced.told("connection.connected", 2)
            await voiced.phone.until(lambda: loudness(heard()[-1600:]) < 100)
            assert not voiced.log
            await voiced.logged("far_end_disconnect")
            place_of(sound[1600:8000], heard())


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (486, "busy"),
        (480, "noanswer"),
        (503, "network_busy"),
        (404, "error.connection.baddestination"),
        (403, "error.connection.noauthorization"),
        (500, "error.connection.protocol.500"),
    ],
)
async def test_bridge_that_is_not_answered(
    call: CallFactory, sipp: SippFactory, status: int, outcome: str
) -> None:
    async with sipp(invite(), reply(status), ack()) as other:
        document = caught("error.connection", "<exit/>") + form(transfer(other.uri))
        async with call(document) as voiced:
            await voiced.logged(outcome)
    assert voiced.ending == "exit"


async def test_bridge_that_nobody_answers_in_time(
    call: CallFactory, sipp: SippFactory
) -> None:
    steps = (invite(), reply(180), cancel(), reply(487), ack())
    async with sipp(*steps) as other:
        asks = form(transfer(other.uri, connecttimeout="1s"))
        async with call(asks) as voiced:
            await voiced.logged("noanswer")


async def test_bridge_that_lasts_too_long(call: CallFactory, sipp: SippFactory) -> None:
    async with sipp(invite(), answer(), ack(), bye()) as other:
        asks = form(transfer(other.uri, maxtime="500ms"))
        async with call(asks) as voiced:
            await voiced.logged("maxtime_disconnect")


async def test_bridge_that_a_key_ends(call: CallFactory, sipp: SippFactory) -> None:
    grammar = (
        '<grammar mode="dtmf" version="1.0" root="r" '
        'xmlns="http://www.w3.org/2001/06/grammar"><rule id="r">9</rule></grammar>'
    )
    async with sipp(invite(), answer(), ack(), bye()) as other:
        asks = transfer(other.uri, grammar)
        async with call(form(asks)) as voiced:
            await voiced.told("connection.connected", 2)
            voiced.phone.press("1")
            voiced.phone.press("9")
            await voiced.logged("near_end_disconnect")


async def test_the_caller_hangs_up_a_bridge(
    call: CallFactory, sipp: SippFactory
) -> None:
    async with sipp(invite(), answer(), ack(), bye()) as other:
        document = caught(HUNG_UP) + form(transfer(other.uri))
        async with call(document, pause(700), hang_up()) as voiced:
            await voiced.logged(HUNG_UP)
    assert voiced.ending == "exit"


async def test_bridge_beyond_a_limit(
    stage: Stage, call: CallFactory, sipp: SippFactory
) -> None:
    """It is placed like every other call, and refused like one."""
    document = caught("error.connection", "<exit/>") + form(
        transfer("sip:x@127.0.0.1:9")
    )
    async with call(document, of={"call_limit": 1}) as voiced:
        await voiced.logged("error.connection.noresource")


async def test_bridge_to_a_denied_number(call: CallFactory) -> None:
    document = caught("error.connection", "<exit/>") + form(
        transfer("sip:0900@127.0.0.1:9")
    )
    async with call(document) as voiced:
        await voiced.logged("error.connection.noauthorization")


# -- consultation ------------------------------------------------------------------


async def test_consultation(call: CallFactory, sipp: SippFactory) -> None:
    document = caught(GONE)
    async with sipp(invite(), answer(), ack(), bye()) as other:
        steps = (
            refer(has_header("Refer-To", "Replaces=")),
            TRYING,
            notify(200, cseq=2),
            bye(),
        )
        asks = transfer(other.uri, kind="consultation")
        async with call(document + form(asks), *steps) as voiced:
            await voiced.logged(GONE)


async def test_consultation_with_somebody_who_is_busy(
    call: CallFactory, sipp: SippFactory
) -> None:
    async with sipp(invite(), reply(486), ack()) as other:
        asks = form(transfer(other.uri, kind="consultation"))
        async with call(asks) as voiced:
            await voiced.logged("busy")
