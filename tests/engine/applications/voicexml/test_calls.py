"""``makeCall`` with a VoiceXML application: what callees hear and press, and what comes of it."""

import json

import pytest

from tests.conftest import SippFactory
from tests.engine.applications.conftest import Stage
from tests.engine.applications.voicexml.conftest import HUNG_UP as HANG_UP_EVENT
from tests.engine.applications.voicexml.conftest import (
    LONG,
    CallFactory,
    block,
    caught,
    field,
    filled,
    form,
    log,
    page,
)
from tests.sipp.scenario import ack, hang_up, invite, pause, reply
from tests.sipp.sound import loudness, place_of, sweep, wav

HUNG_UP = caught(HANG_UP_EVENT)

pytestmark = pytest.mark.sipp

# -- what is said and pressed ------------------------------------------------------


async def test_says_something_and_hangs_up(call: CallFactory) -> None:
    async with call(form(block("Hello"))) as voiced:
        view = await voiced.over()
        assert loudness(voiced.phone.heard()) > 100

    assert voiced.ending == "exit"
    assert view["sip"]["status"] == 200


async def test_a_key(call: CallFactory) -> None:
    asks = field("Press a digit.", filled(log("digit")))
    async with call(form(asks)) as voiced:
        await voiced.plays()
        voiced.phone.press("7")
        await voiced.logged("7")

    assert voiced.ending == "exit"


async def test_barge_in_ends_what_is_said(stage: Stage, call: CallFactory) -> None:
    url = stage.server.serve(wav(sweep(20_000)), "audio/wav")
    asks = field(f'<audio src="{url}"/>', filled(log("digit"), LONG))
    async with call(form(asks)) as voiced:
        await voiced.phone.until(lambda: loudness(voiced.phone.heard()[-1600:]) > 100)
        voiced.phone.press("3")
        await voiced.logged("3")
        await voiced.phone.until(lambda: loudness(voiced.phone.heard()[-1600:]) < 100)
        await voiced.hang_up()


async def test_a_sound_and_what_stands_for_one(stage: Stage, call: CallFactory) -> None:
    sound = sweep(600)
    url = stage.server.serve(wav(sound), "audio/wav")
    none = stage.server.url + "/none.wav"
    say = f'<audio src="{none}"><audio src="{url}"/></audio><audio src="{none}"/>'
    async with call(form(block(f"<prompt>{say}</prompt>"))) as voiced:
        await voiced.over()
        place_of(sound, voiced.phone.heard())
    assert voiced.ending == "exit"


async def test_what_is_heard_while_a_document_is_fetched(
    stage: Stage, call: CallFactory
) -> None:
    sound = sweep(20_000)
    url = stage.server.serve(wav(sound), "audio/wav")
    stage.server.slow_text = page(form(block(log("'there'"))))
    goes = f'<goto next="{stage.server.slow_url}" fetchaudio="{url}"/>'
    async with call(form(block(goes))) as voiced:
        await voiced.phone.until(lambda: loudness(voiced.phone.heard()[-8000:]) > 100)
        await voiced.phone.hears(60)
        stage.server.goes_on.set()
        await voiced.logged("there")
        place_of(sound[1600:8000], voiced.phone.heard())
    assert voiced.ending == "exit"


async def test_nothing_is_pressed_three_times(call: CallFactory) -> None:
    says = "".join(
        f'<noinput count="{count}"><log expr="{count}"/>{"<exit/>" * (count == 3)}</noinput>'
        for count in (1, 2, 3)
    )
    wait = '<property name="timeout" value="50ms"/>'
    async with call(wait + form(field(says))) as voiced:
        await voiced.logged("1", "2", "3")


async def test_wrong_digits(call: CallFactory) -> None:
    says = f"<nomatch>{log('_event')}<reprompt/></nomatch>"
    asks = field("Press four digits.", says, filled(log("digit")), least=4)
    async with call(form(asks)) as voiced:
        await voiced.plays()
        for key in "12#":
            voiced.phone.press(key)
        await voiced.logged("nomatch")
        for key in "1234":
            voiced.phone.press(key)
        await voiced.logged("nomatch", "1234")


async def test_what_it_knows_of_its_call(call: CallFactory) -> None:
    shown = (
        "JSON.stringify([session.blueworx.appdata, session.connection.remote.uri, "
        "session.connection.local.uri === session.connection.originator.uri, "
        "session.connection.protocol.sip.to_hdr.value, "
        "session.connection.protocol.name])"
    )
    async with call(form(block(log(shown)))) as voiced:
        await voiced.until(lambda: voiced.log)

    data, remote, is_ours, to, protocol = json.loads(voiced.log[0])
    assert data == {"report": voiced.stage.server.url + "/report", "to_hdr": remote}
    assert "sip:callee@127.0.0.1" in to
    assert (is_ours, protocol) == (True, "sip")


# -- the caller hangs up -----------------------------------------------------------


@pytest.mark.parametrize(
    "document",
    [
        form(field(LONG)),
        form(field("<prompt timeout='60s'/>")),
        form('<record name="sound" maxtime="60s"/>'),
    ],
)
async def test_hang_up(call: CallFactory, document: str) -> None:
    async with call(HUNG_UP + document, pause(300), hang_up()) as voiced:
        await voiced.logged("connection.disconnect.hangup")

    assert voiced.ending == "exit"


async def test_hang_up_while_something_is_fetched(
    stage: Stage, call: CallFactory
) -> None:
    goes = block(f'<goto next="{stage.server.slow_url}"/>')
    async with call(HUNG_UP + form(goes), pause(300), hang_up()) as voiced:
        await voiced.until(lambda: voiced.all("connection.disconnected"))
        stage.server.slow_text = page(HUNG_UP + form(field(LONG)))
        stage.server.goes_on.set()
        await voiced.logged("connection.disconnect.hangup")


async def test_what_is_sent_after_a_hang_up(stage: Stage, call: CallFactory) -> None:
    sends = (
        '<catch event="connection.disconnect.hangup">'
        f'<var name="why" expr="_event"/><data src="{stage.server.url}/report" '
        'namelist="why" name="answer"/></catch>'
    )
    stage.server.answer = None
    async with call(sends + form(field(LONG)), pause(300), hang_up()) as voiced:
        await voiced.until(lambda: stage.server.messages)
    assert stage.server.messages == [{"why": "connection.disconnect.hangup"}]


async def test_hang_up_at_once(call: CallFactory) -> None:
    """Before the dialog has begun, or right after: neither is an error."""
    async with call(HUNG_UP + form(field(LONG)), hang_up()) as voiced:
        await voiced.over()
    assert voiced.ending == "exit"


async def test_disconnect(call: CallFactory) -> None:
    async with call(HUNG_UP + form(block("<disconnect/>"))) as voiced:
        await voiced.logged("connection.disconnect.hangup")
    assert voiced.ending == "exit"


# -- before the call ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "result", "status"),
    [
        ("<vxml", "CCXML error", 500),
        (page("<no/>"), "CCXML error", 500),
        (None, "Invalid URI", 404),
        (page(form(block("Hello")), 'application="none.vxml"'), "Invalid URI", 404),
    ],
)
async def test_nobody_is_rung_for_what_cannot_start(
    stage: Stage, document: str | None, result: str, status: int
) -> None:
    server = stage.server
    uri = server.url + "/none" if document is None else server.serve(document)
    key = await stage.application_at(uri, type="VXML")
    code, answered = await stage.call(key, "sip:nobody@127.0.0.1:9")

    assert (answered["result"], code) == (result, status)
    assert not stage.dialer.process.parts.applications.vxml_sessions


async def test_a_document_that_is_too_slow(stage: Stage) -> None:
    key = await stage.application_at(
        stage.server.slow_url, type="VXML", start_limit_ms=200
    )
    code, answered = await stage.call(key, "sip:nobody@127.0.0.1:9")
    stage.server.goes_on.set()

    assert (answered["result"], code) == ("Application timeout", 408)


async def test_a_call_that_is_not_answered(stage: Stage, sipp: SippFactory) -> None:
    key = await stage.application_at(
        stage.server.serve(page(form(block("Hello")))), type="VXML"
    )
    async with sipp(invite(), reply(486), ack()) as callee:
        _, answered = await stage.call(key, callee.uri)
        await stage.ended(key, answered)
    assert answered["result"] == "Call failed"


async def test_its_root_is_there_before_the_call(
    stage: Stage, call: CallFactory
) -> None:
    root = stage.server.serve(page('<var name="word" expr="\'root\'"/>'))
    document = page(form(block(log("application.word"))), f'application="{root}"')
    async with call(document) as voiced:
        await voiced.logged("root")


# -- other documents ---------------------------------------------------------------


async def test_goto_script_data_and_subdialog(stage: Stage, call: CallFactory) -> None:
    serve = stage.server.serve
    script = serve("function twice(x) { return 2 * x; }", "text/javascript")
    data = serve("<a><b>4</b></a>", "application/xml")
    sub = serve(
        page(
            form(
                '<var name="x"/>',
                block('<assign name="x" expr="x + 1"/><return namelist="x"/>'),
            )
        )
    )
    last = serve(
        page(
            f'<script src="{script}"/>'
            + form(
                f'<subdialog name="sub" src="{sub}"><param name="x" expr="20"/>'
                f"{filled(log('twice(sub.x)'))}</subdialog>",
                block(
                    f'<data name="d" src="{data}"/>',
                    log("d.documentElement.firstChild.firstChild.data"),
                ),
            )
        )
    )
    async with call(form(block(f'<goto next="{last}"/>'))) as voiced:
        await voiced.logged("42", "4")


@pytest.mark.parametrize("where", ["none", "slow", "huge", "wrong"])
async def test_documents_that_cannot_be_had(
    stage: Stage, call: CallFactory, where: str
) -> None:
    server = stage.server
    uris = {
        "none": server.url + "/none",
        "slow": server.slow_url,
        "huge": server.serve(b"<" * 2_000_000, "text/xml"),
        "wrong": server.serve("<vxml version='2.1'><form></vxml>"),
    }
    goes = f'<goto next="{uris[where]}" fetchtimeout="300ms"/>'
    caught = f'<catch event="error.badfetch">{log("_event")}</catch>'
    async with call(caught + form(block(goes))) as voiced:
        await voiced.until(lambda: voiced.log)
    server.goes_on.set()

    wanted = "error.badfetch.http.404" if where == "none" else "error.badfetch"
    assert voiced.log == [wanted]


async def test_submit(stage: Stage, call: CallFactory) -> None:
    report = f"{stage.server.url}/report"
    sends = f'<submit next="{report}" method="post" namelist="x"/>'
    body = '<var name="x" expr="17"/>' + form(block(sends))
    failed = f'<catch event="error.badfetch">{log("_event")}</catch>'
    async with call(failed + body) as voiced:
        await voiced.logged("error.badfetch")  # it answers no document
    assert stage.server.messages == [{"x": "17"}]
