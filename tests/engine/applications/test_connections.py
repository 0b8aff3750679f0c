"""createcall and disconnect: what a document is told of a call, and what the far end gets."""

import socket
from datetime import datetime
from typing import Any

import pytest

from tests.ccxml.playing import EXIT, on, processor
from tests.conftest import SippFactory
from tests.engine.applications.conftest import (
    REPORT,
    Stage,
    assign,
    createcall,
    document,
    report,
    var,
)
from tests.engine.applications.story import (
    CALL,
    CONNECTED,
    DISCONNECTED,
    FAILED,
    LOADED,
    UNTIL_DISCONNECTED,
    UNTIL_FAILED,
    Story,
    play,
)
from tests.sipp.scenario import (
    ack,
    answer,
    bye,
    cancel,
    hang_up,
    has_header,
    has_text,
    invite,
    pause,
    reply,
)

pytestmark = pytest.mark.sipp

CANCELLED = (cancel(), reply(487), ack())
ANSWERED = (invite(), answer(), ack())
PROGRESSING = "connection.progressing"

LEAVE = '<if cond="connected &amp;&amp; ringing == 2"><exit/></if>'
BOTH = (
    '<if cond="failed &amp;&amp; answered"><disconnect connectionid="answered"/></if>'
)


def called(*transitions: str, **attributes: str) -> tuple[str, ...]:
    """A document that calls and leaves when that has failed."""
    return on(LOADED, createcall(**attributes)), *transitions, UNTIL_FAILED


def send_later(delay: str) -> str:
    """An event called ``enough``."""
    return f'<send target="session.id" name="\'enough\'" delay="\'{delay}\'"/>'


# -- outcomes ------------------------------------------------------------------


async def test_answered_call(stage: Stage, sipp: SippFactory) -> None:
    steps = (
        invite(),
        reply(180, "X-Hall: one"),
        reply(183, sdp=True),
        answer("X-Room: two", 'Contact: <sip:me@127.0.0.1>;expires="9"'),
        ack(),
        hang_up(),
    )
    async with sipp(*steps) as callee:
        story = await play(stage, CALL, UNTIL_DISCONNECTED, to=callee.uri)
        await story.over()

    assert story.names() == ["progressing", "signal", "connected", "disconnected"]
    progressing, signal = story.the(PROGRESSING), story.the("connection.signal")
    connected, disconnected = story.the(CONNECTED), story.the(DISCONNECTED)
    assert _info(progressing) == (180, "Ringing", "remote")
    assert _info(signal) == (183, "Session Progress", "remote")
    assert _info(connected) == (200, "OK", "remote")
    assert not progressing["info"]["earlymedia"]
    assert signal["info"]["earlymedia"]
    assert not connected["info"]["earlymedia"]
    assert progressing["info"]["headers"]["X-Hall"] == "one"
    assert connected["info"]["headers"]["X-Room"] == "two"

    assert disconnected["reason"] == "far_end_disconnect"
    assert disconnected["trigger"] == "remote"
    assert _info(disconnected)[2] == "remote"

    shown = connected["connection"]
    assert (shown["remote"], shown["originator"]) == (callee.uri, "local")
    assert shown["connectionid"] == connected["connectionid"]
    assert connected["protocol"] == "SIP"
    sip = shown["protocol"]["sip"]
    assert sip["protocol"] == {"value": "sip", "variant": "RFC3261"}
    assert sip["x-room"] == {"value": "two"}
    assert sip["to"] == sip["to_hdr"]
    assert (sip["to_hdr"]["tag"], sip["to_hdr"]["value"][-8:]) == ("1-1", ";tag=1-1")
    assert sip["from_hdr"]["tag"] in sip["from_hdr"]["value"]
    assert "x-room" not in progressing["connection"]["protocol"]["sip"]
    assert "x-hall" not in sip


def _info(event: dict[str, Any]) -> tuple[int, str, str]:
    info = event["info"]
    return info["status"], info["reason"], info["origin"]


async def test_repeated_provisional_response_is_told_once(
    stage: Stage, sipp: SippFactory
) -> None:
    steps = (invite(), reply(180), reply(180), reply(181), answer(), ack(), hang_up())
    async with sipp(*steps) as callee:
        story = await play(stage, CALL, UNTIL_DISCONNECTED, to=callee.uri)
        await story.over()

    assert story.names() == ["progressing", "signal", "connected", "disconnected"]
    assert story.the("connection.signal")["info"]["status"] == 181


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (486, "busy"),
        (600, "busy"),
        (480, "noanswer"),
        (408, "noanswer"),
        (403, "rejected"),
        (603, "rejected"),
        (404, "noroute"),
        (484, "noroute"),
        (604, "noroute"),
        (503, "sip:503"),
        (302, "sip:302"),
    ],
)
async def test_call_that_fails(
    stage: Stage, sipp: SippFactory, status: int, reason: str
) -> None:
    async with sipp(invite(), reply(status, "X-Why: because"), ack()) as callee:
        story = await play(stage, *called(), to=callee.uri)
        view = await story.over()

    failed = story.the(FAILED)
    assert story.names() == ["failed"]
    assert failed["reason"] == reason
    assert failed["info"]["status"] == status
    assert failed["info"]["origin"] == "remote"
    assert failed["info"]["headers"]["X-Why"] == "because"
    assert failed["connection"]["protocol"]["sip"]["x-why"]["value"] == "because"
    assert view["calls"][0]["sip"]["status"] == status


@pytest.mark.parametrize(
    ("attributes", "hints"),
    [
        ({"timeout": "'1s'"}, {}),
        ({"timeout": "'1s'"}, {"ring_timeout": 30_000}),
        ({"timeout": "1000"}, {}),
        ({"hints": "{ring_timeout: 1000}"}, {}),
        ({"hints": "{ring_timeout: '1s'}"}, {}),
        ({}, {"ring_timeout": 1000}),
    ],
)
async def test_call_that_nobody_answers(
    stage: Stage, sipp: SippFactory, attributes: dict[str, str], hints: dict[str, Any]
) -> None:
    async with sipp(invite(), reply(180), *CANCELLED) as callee:
        story = await play(stage, *called(**attributes), to=callee.uri, hints=hints)
        view = await story.over()

    failed = story.the(FAILED)
    assert (failed["reason"], failed["info"]["status"]) == ("noanswer", 487)
    assert failed["info"]["origin"] == "local-cancel"
    (call,) = view["calls"]
    assert 0.9 < _between(call, "invite", "cancel") < 3


def _between(call: dict[str, Any], first: str, second: str) -> float:
    times = [datetime.fromisoformat(call["times"][step]) for step in (first, second)]
    return (times[1] - times[0]).total_seconds()


async def test_times_of_a_query(stage: Stage, sipp: SippFactory) -> None:
    """A query has text only: startApplication by GET."""
    async with sipp(invite(), reply(180), *CANCELLED) as callee:
        key = await stage.application(processor(*called()))
        url = f"{stage.dialer.process.url}/api/v1/bvr/outbound"
        query = {
            "action": "startApplication",
            "to": callee.uri,
            "apiKey": key,
            "hints:ring_timeout": "1000",
        }
        async with stage.dialer.http.get(url, params=query) as response:
            body = await response.json()
        view = await stage.ended(key, body)

    assert view["calls"][0]["terminationReason"] == "cancelled"


async def test_host_that_cannot_be_resolved(stage: Stage) -> None:
    story = await play(stage, *called(), to="sip:somebody@nowhere.invalid")
    await story.over()

    failed = story.the(FAILED)
    assert (failed["reason"], failed["info"]["status"]) == ("sip:503", 503)
    assert failed["info"]["origin"] == "local-transport"
    assert "headers" not in failed["info"]


async def test_transport_that_fails(stage: Stage) -> None:
    with socket.socket() as closed:  # bound, and nobody listens
        closed.bind(("127.0.0.1", 0))
        to = f"sip:somebody@127.0.0.1:{closed.getsockname()[1]};transport=tcp"
        story = await play(stage, *called(), to=to)
        await story.over()

    failed = story.the(FAILED)
    assert (failed["reason"], failed["info"]["origin"]) == (
        "sip:503",
        "local-transport",
    )


async def test_answer_that_cannot_be_used(stage: Stage, sipp: SippFactory) -> None:
    """It is acknowledged and hung up, and the document never had a connection."""
    useless = answer().replace("RTP/AVP 0 101", "RTP/AVP 97").replace("PCMU", "NOTHING")
    async with sipp(invite(), useless, ack(), bye()) as callee:
        story = await play(stage, *called(UNTIL_DISCONNECTED), to=callee.uri)
        await story.over()

    assert story.names() == ["failed"]
    failed = story.the(FAILED)
    assert failed["reason"] == "sip:200"
    assert failed["info"]["detail"].startswith("The SDP of the answer cannot be used")


async def test_call_of_a_request(stage: Stage, sipp: SippFactory) -> None:
    """Its connection begins with the answer."""
    key = await stage.application(processor(UNTIL_DISCONNECTED))
    steps = (invite(), reply(180), answer("X-Room: two"), ack(), pause(200), hang_up())
    async with sipp(*steps) as callee:
        _, body = await stage.call(key, callee.uri, callerId="4711")
        story = Story(stage, key, body)
        disconnected = await story.told(DISCONNECTED)

    assert story.names() == ["connected", "disconnected"]
    assert disconnected["reason"] == "far_end_disconnect"
    connected = story.the(CONNECTED)
    assert connected["info"]["headers"]["X-Room"] == "two"
    shown = connected["connection"]
    assert shown["local"].startswith("sip:4711@127.0.0.1")
    assert shown["remote"] == callee.uri
    assert shown["appdata"] == {
        "report": f"{stage.server.url}/report",
        "to": callee.uri,
    }


# -- disconnect ----------------------------------------------------------------


async def test_disconnect_before_the_answer(stage: Stage, sipp: SippFactory) -> None:
    headers = "{'X-Why': {value: 'enough'}}"
    checked = (cancel(has_header("X-Why", "enough")), reply(487), ack())
    async with sipp(invite(), reply(180), *checked) as callee:
        story = await play(
            stage,
            *called(on(PROGRESSING, f'<disconnect hints="{headers}"/>')),
            to=callee.uri,
        )
        await story.over()

    assert story.names() == ["progressing", "failed"]
    failed = story.the(FAILED)
    assert (failed["reason"], failed["info"]["status"]) == ("near_end_disconnect", 487)
    assert failed["info"]["origin"] == "local-cancel"


async def test_disconnect_after_the_answer(stage: Stage, sipp: SippFactory) -> None:
    headers = "{'X-Why': {value: 'enough'}, 'X-Number': {value: 7}, other: 1}"
    checked = bye(has_header("X-Why", "enough"), has_header("X-Number", "7"))
    async with sipp(*ANSWERED, checked) as callee:
        story = await play(
            stage,
            CALL,
            on(CONNECTED, f'<disconnect hints="{headers}"/>'),
            UNTIL_DISCONNECTED,
            to=callee.uri,
        )
        await story.over()

    disconnected = story.the(DISCONNECTED)
    assert disconnected["reason"] == "near_end_disconnect"
    assert disconnected["trigger"] == "local"


@pytest.mark.parametrize("hint", ["Via: {value: 1}", "'X-A': {value: {}}"])
async def test_disconnect_with_a_header_that_is_refused(
    stage: Stage, sipp: SippFactory, hint: str
) -> None:
    async with sipp(*ANSWERED, bye()) as callee:
        story = await play(
            stage,
            CALL,
            on(CONNECTED, f'<disconnect hints="{{{hint}}}"/>'),
            on("error.semantic"),
            UNTIL_DISCONNECTED,
            to=callee.uri,
        )
        await story.over()

    assert story.the("error.semantic")["tagname"] == "disconnect"


async def test_200_that_crosses_our_cancel(stage: Stage, sipp: SippFactory) -> None:
    steps = (invite(), reply(180), cancel(), answer(), ack(), bye())
    async with sipp(*steps) as callee:
        disconnect = on(PROGRESSING, "<disconnect/>")
        story = await play(stage, *called(disconnect), to=callee.uri)
        view = await story.over()

    assert story.names() == ["progressing", "failed"]
    assert story.the(FAILED)["reason"] == "near_end_disconnect"
    assert view["calls"][0]["answeredAfterCancel"]


async def test_200_that_crosses_the_cancel_of_the_ring_limit(
    stage: Stage, sipp: SippFactory
) -> None:
    steps = (invite(), reply(180), cancel(), answer(), ack(), bye())
    async with sipp(*steps) as callee:
        story = await play(stage, *called(timeout="'1s'"), to=callee.uri)
        await story.over()

    assert story.names() == ["progressing", "failed"]
    assert story.the(FAILED)["reason"] == "noanswer"


@pytest.mark.parametrize("delay", ["0s", "100ms"])
async def test_disconnect_before_the_call_was_placed(
    stage: Stage, sipp: SippFactory, delay: str
) -> None:
    """The turn of the second call comes in seconds."""
    disconnect = '<if cond="{}"><disconnect connectionid="first"/></if>'
    async with sipp(*ANSWERED, bye()) as callee:
        story = await play(
            stage,
            on(
                LOADED,
                createcall(),
                createcall(connectionid="second"),
                send_later(delay),
            ),
            on("enough", '<disconnect connectionid="second"/>'),
            # Which of the two comes first is left to chance.
            on(FAILED, assign("gone", "true"), disconnect.format("first != ''")),
            on(
                CONNECTED,
                assign("first", "event$.connectionid"),
                disconnect.format("gone"),
            ),
            UNTIL_DISCONNECTED,
            before=var("first") + var("second") + var("gone", "false"),
            to=callee.uri,
            of={"calls_per_second": 0.5},
        )
        view = await story.over()

    failed = story.the(FAILED)
    assert failed["reason"] == "near_end_disconnect"
    assert (failed["info"]["status"], failed["info"]["origin"]) == (487, "local-cancel")
    assert len(view["calls"]) == 1


async def test_limit_of_a_call(stage: Stage, sipp: SippFactory) -> None:
    async with sipp(*ANSWERED, bye()) as callee:
        call = on(LOADED, createcall(hints="{max_duration: 1000}"))
        story = await play(stage, call, UNTIL_DISCONNECTED, to=callee.uri)
        view = await story.over()

    disconnected = story.the(DISCONNECTED)
    assert disconnected["trigger"] == "local"
    assert 0.9 < _between(view["calls"][0], "answered", "bye") < 3


async def test_exit_hangs_up_all_calls(stage: Stage, sipp: SippFactory) -> None:
    ringing = (invite(), reply(180), *CANCELLED)
    async with sipp(*ANSWERED, bye()) as first, sipp(*ringing, calls=2) as second:
        story = await play(
            stage,
            on(LOADED, createcall(), *[createcall(f"'{second.uri}'")] * 2),
            on(CONNECTED, assign("connected", "true"), LEAVE),
            on(PROGRESSING, assign("ringing", "ringing + 1"), LEAVE),
            before=var("connected", "false") + var("ringing", "0"),
            to=first.uri,
        )
        view = await story.over()

    assert sorted(story.names()) == ["connected", "progressing", "progressing"]
    reasons = [call["terminationReason"] for call in view["calls"]]
    assert sorted(reasons) == ["cancelled", "cancelled", "near_end_disconnect"]


async def test_two_calls_at_once(stage: Stage, sipp: SippFactory) -> None:
    """Each has its own events and its own end."""
    async with (
        sipp(*ANSWERED, bye()) as first,
        sipp(invite(), reply(180), reply(486), ack()) as second,
    ):
        story = await play(
            stage,
            on(LOADED, createcall(), createcall(f"'{second.uri}'")),
            on(FAILED, assign("failed", "true"), BOTH),
            on(CONNECTED, assign("answered", "event$.connectionid"), BOTH),
            UNTIL_DISCONNECTED,
            before=var("failed", "false") + var("answered"),
            to=first.uri,
        )
        await story.over()

    connected, failed = story.the(CONNECTED), story.the(FAILED)
    assert connected["connectionid"] != failed["connectionid"]
    assert connected["connection"]["remote"] == first.uri
    assert failed["connection"]["remote"] == second.uri
    assert story.the(PROGRESSING)["connectionid"] == failed["connectionid"]
    assert story.the(DISCONNECTED)["connectionid"] == connected["connectionid"]


async def test_call_that_is_moved(stage: Stage, sipp: SippFactory) -> None:
    """Its new session hears of its end, and its old one may leave."""
    names = ("event$.reason", "event$.connectionid", "event$.connection.remote")
    seen = assign("state", "session.connections[event$.connectionid].state")
    here = f"'{stage.server.url}{REPORT}'"
    child = stage.server.serve(
        document(
            var("state")
            + processor(
                on("ccxml.loaded"),
                on(DISCONNECTED, seen, report("over", *names, "state", target=here)),
                on("send.successful", EXIT),
            )
        )
    )
    async with sipp(*ANSWERED, pause(500), hang_up()) as callee:
        story = await play(
            stage,
            on(LOADED, f'<createccxml next="\'{child}\'" sessionid="child"/>'),
            on("ccxml.created", createcall()),
            on(CONNECTED, '<move source="event$.connectionid" sessionid="child"/>'),
            on("move.successful", EXIT),
            before=var("child"),
            to=callee.uri,
        )
        told = await stage.server.told("over")
        await story.over()

    assert told["event$.reason"] == "far_end_disconnect"
    assert told["event$.connectionid"] == story.the(CONNECTED)["connectionid"]
    assert told["event$.connection.remote"] == callee.uri
    assert told["state"] == "DISCONNECTED"


# -- what the far end gets -------------------------------------------------------


def gets(*checks: str) -> tuple[str, ...]:
    """A callee that looks at its INVITE and hangs up."""
    return invite(*checks), answer(), ack(), hang_up()


HEADERS = "{'X-A': {value: 'one; two'}, 'X-B': {value: 7}, 'X-C': 'no object'}"


@pytest.mark.parametrize(
    ("attributes", "start", "checks"),
    [
        (
            {"hints": HEADERS},
            {},
            [has_header("X-A", "one; two"), has_header("X-B", "7")],
        ),
        (
            {"hints": "{From: {value: '&lt;sip:me@example.com&gt;'}}"},
            {"callerId": "4711"},
            [has_header("From", "<sip:me@example.com>;tag")],
        ),
        ({"callerid": "'4711'"}, {}, [has_header("From", "<sip:4711@127.0.0.1")]),
        ({"callerid": "4711"}, {}, [has_header("From", "<sip:4711@127.0.0.1")]),
        (
            {"callerid": "'TEL:+49-30;phone-context=x'"},
            {},
            [has_header("From", "<sip:[+]49-30@127.0.0.1")],
        ),
        (
            {"callerid": "'sip:me@example.com'"},
            {"callerId": "4711", "headers": {"From": "sip:you@example.com"}},
            [has_header("From", "<sip:me@example.com>")],
        ),
        (
            {"callerid": "'Acme &lt;sip:me@example.com&gt;'"},
            {},
            [has_header("From", '"Acme" <sip:me@example.com>')],
        ),
        (
            {},
            {"callerId": "Acme <sip:4711@example.com>"},
            [has_header("From", '"Acme" <sip:4711@127.0.0.1>')],
        ),
        (
            {"callerid": "'4711'"},
            {"headers": {"From": "sip:you@example.com"}},
            [has_header("From", "<sip:4711@127.0.0.1")],
        ),
        (
            {"callerid": "session.values.nothing", "aai": "null"},
            {"callerId": "4713"},
            [has_header("From", "<sip:4713@127.0.0.1")],
        ),
        (
            {"callerid": "''"},
            {"callerId": "4712"},
            [has_header("From", "<sip:4712@127.0.0.1")],
        ),
        (
            {},
            {"headers": {"From": "sip:you@example.com", "X-A": "asked"}},
            [has_header("From", "<sip:you@example.com>"), has_header("X-A", "asked")],
        ),
        (
            {"hints": "{'x-a': {value: 'own'}}"},
            {"headers": {"X-A": "asked", "X-B": "too"}},
            [has_header("x-a", "own"), has_header("X-B", "too")],
        ),
        (
            {"aai": "'gr\u00fcn'"},
            {},
            [has_header("User-to-User", "6772c3bc6e;encoding=hex")],
        ),
        ({}, {}, [has_header("From", "<sip:bvr@127.0.0.1")]),
    ],
)
async def test_invite(
    stage: Stage,
    sipp: SippFactory,
    attributes: dict[str, str],
    start: dict[str, Any],
    checks: list[str],
) -> None:
    async with sipp(*gets(*checks)) as callee:
        story = await play(
            stage, *called(UNTIL_DISCONNECTED, **attributes), to=callee.uri, **start
        )
        await story.over()

        _, _, invited = callee.story().replace("\r", "").partition("\nINVITE ")
    lines = invited.partition("\n\n")[0].splitlines()
    names = [line.partition(":")[0].lower() for line in lines]
    assert "x-c" not in names
    assert all(names.count(name) <= 1 for name in ("x-a", "x-b", "from"))


@pytest.mark.parametrize(
    ("dest", "user"), [("'tel:+49-30-1'", "[+]49301"), ("'030 1'", "0301")]
)
async def test_number(stage: Stage, sipp: SippFactory, dest: str, user: str) -> None:
    wanted = invite(has_text(f"INVITE sip:{user}@127.0.0.1"))
    async with sipp(wanted, answer(), ack(), hang_up()) as callee:
        proxy = {"id": "p", "address": callee.uri, "mode": "REWRITE_DESTINATION"}
        group = {"id": "g", "members": ["p"]}
        async with stage.dialer.changed(proxy=[proxy], group=[group]):
            calls = called(UNTIL_DISCONNECTED, dest=dest, hints="{proxy_group: 'g'}")
            story = await play(stage, *calls)
            await story.over()

    assert story.the(CONNECTED)["connection"]["remote"] == dest.strip("'")


@pytest.mark.parametrize(
    ("attributes", "detail"),
    [
        ({"hints": "{Via: {value: 1}}"}, "The header Via is written by"),
        ({"hints": "{'X A': {value: 1}}"}, "A header name is not a token"),
        ({"hints": "{'X-A': {value: null}}"}, "The value of header X-A is no text"),
        ({"hints": "{'X-A': {value: 'a\\nb'}}"}, "holds a line break"),
        ({"hints": "{ring_timeout: 'soon'}"}, "A time value is a number"),
        ({"hints": "{ring_timeout: 10}"}, "Expected `float` &gt;= 1000.0"),
        ({"hints": "{bvr_callprogress: 1}"}, "Expected `object | null`"),
        ({"hints": "{bvr_callprogress: {amdtime: 5}}"}, "bvr_callprogress.amdtime"),
        (
            {"hints": "{bvr_callprogress: {events: 'dog'}}"},
            "events of bvr_callprogress",
        ),
        ({"hints": "{proxy_group: 'none'}"}, "The proxy group none does not exist"),
        ({"hints": "{proxy_group: 7}"}, "Expected `str | null`"),
        ({"callerid": "'a\\nb'"}, "The user part is empty or holds a control"),
        ({"callerid": "'4711@example.com'"}, "The caller ID is neither a user nor"),
        ({"dest": "'nobody'"}, "The to value is neither"),
        ({"dest": "'sip:somebody@b?X=1'"}, "A SIP URI with headers"),
        ({"dest": "'+49 30 1'"}, "A telephone number needs"),
    ],
)
async def test_call_that_cannot_be_placed(
    stage: Stage, attributes: dict[str, str], detail: str
) -> None:
    story = await play(stage, *called(**attributes), to="sip:somebody@127.0.0.1:1")
    view = await story.over()

    failed = story.the(FAILED)
    assert failed["reason"] == failed["info"]["result"] == "Invalid request"
    assert detail.replace("&gt;", ">") in failed["info"]["detail"]
    assert view["calls"] == []


@pytest.mark.parametrize("to", ["sip:09001@127.0.0.1", " sip:09001@127.0.0.1"])
async def test_number_that_is_denied(stage: Stage, to: str) -> None:
    deny = [{"pattern": "sip:09001@127.0.0.1", "allow": False}]
    async with stage.dialer.changed(rule=deny):
        story = await play(stage, *called(), to=to)
        await story.over()

    assert story.the(FAILED)["reason"] == "Number denied"


async def test_limits_are_those_of_requests(stage: Stage, sipp: SippFactory) -> None:
    """The first call has the slots of its application, the second needs its own."""
    async with sipp(*ANSWERED, bye()) as callee:
        story = await play(
            stage,
            on(LOADED, *[createcall()] * 2),
            on(FAILED, assign("failed", "true"), BOTH),
            on(CONNECTED, assign("answered", "event$.connectionid"), BOTH),
            UNTIL_DISCONNECTED,
            before=var("failed", "false") + var("answered"),
            to=callee.uri,
            of={"call_limit": 1},
        )
        await story.over()

    assert story.the(FAILED)["reason"] == "Application call limit"


async def test_fail_over_to_the_next_proxy(stage: Stage, sipp: SippFactory) -> None:
    """The document hears of the call, not of its attempts."""
    async with (
        sipp(invite(), reply(503), ack()) as first,
        sipp(invite(), reply(180), answer(), ack(), hang_up()) as second,
    ):
        proxies = [
            {"id": "p", "address": first.uri, "priority": 1},
            {"id": "q", "address": second.uri, "priority": 2},
        ]
        group = {"id": "g", "members": ["p", "q"]}
        async with stage.dialer.changed(proxy=proxies, group=[group]):
            story = await play(
                stage,
                *called(UNTIL_DISCONNECTED, hints="{proxy_group: 'g'}"),
                to="sip:alice@callee.example",
            )
            view = await story.over()

    assert story.names() == ["progressing", "connected", "disconnected"]
    assert [attempt["proxy"] for attempt in view["calls"][0]["attempts"]] == ["p", "q"]


async def test_disconnect_between_two_proxies(stage: Stage, sipp: SippFactory) -> None:
    """There is no leg then: the turn of the second proxy comes in seconds."""
    async with sipp(invite(), reply(503), ack()) as proxy:
        lost = "sip:nowhere.invalid"
        proxies = [
            {"id": "p", "address": proxy.uri, "priority": 1},
            {"id": "q", "address": lost, "priority": 2, "calls_per_second": 0.5},
        ]
        groups = [{"id": "both", "members": ["p", "q"]}, {"id": "q", "members": ["q"]}]
        async with stage.dialer.changed(proxy=proxies, group=groups):
            story = await play(
                stage,
                on(LOADED, createcall(hints="{proxy_group: 'q'}")),
                on(FAILED, EXIT, cond="event$.connectionid == second"),
                on(
                    FAILED,
                    createcall(hints="{proxy_group: 'both'}", connectionid="second"),
                    send_later("500ms"),
                ),
                on("enough", '<disconnect connectionid="second"/>'),
                before=var("second"),
                to="sip:alice@callee.example",
            )
            view = await story.over()

    first, second = story.all(FAILED)
    assert (first["reason"], second["reason"]) == ("sip:503", "near_end_disconnect")
    assert second["info"]["origin"] == "local-cancel"
    assert len(view["calls"][1]["attempts"]) == 1


# -- what this platform cannot do ------------------------------------------------


async def test_dialogs(stage: Stage, sipp: SippFactory) -> None:
    async with sipp(*ANSWERED, bye()) as callee:
        story = await play(
            stage,
            CALL,
            on(CONNECTED, "<dialogstart src=\"'a.vxml'\"/>"),
            on(
                "error.dialog.notstarted",
                assign("failed", "failed + 1"),
                '<if cond="failed == 1"><dialogprepare src="\'a.vxml\'" dialogid="prepared"/>'
                "<else/><exit/></if>",
            ),
            on(
                "error.dialog.notprepared",
                '<dialogstart src="\'a.vxml\'" type="\'text/x\'" connectionid="id"/>',
            ),
            before=var("failed", "0") + var("prepared") + var("id"),
            to=callee.uri,
        )
        await story.told("error.dialog.notprepared")
        await story.over()

    first = story.all("error.dialog.notstarted")[0]
    assert first["connectionid"] == story.the(CONNECTED)["connectionid"]
    assert "404" in first["reason"]
    assert story.the("error.dialog.notprepared")["reason"] == first["reason"]


@pytest.mark.parametrize("tag", ["accept", "reject"])
async def test_elements_for_inbound_calls(stage: Stage, tag: str) -> None:
    unsupported = on("error.unsupported", EXIT)
    story = await play(stage, on(LOADED, f"<{tag}/>"), unsupported)
    await story.over()

    assert story.the("error.unsupported")["tagname"] == tag


async def test_next_call_on_the_end_of_one(stage: Stage, sipp: SippFactory) -> None:
    """The slots of the first are free then, though there are no others."""
    again = (invite(), reply(486), ack())
    async with sipp(*again, calls=3) as callee:
        story = await play(
            stage,
            on(LOADED, createcall()),
            on(FAILED, EXIT, cond="++failed == 3 || event$.reason != 'busy'"),
            on(FAILED, createcall()),
            before=var("failed", "0"),
            to=callee.uri,
            of={"call_limit": 1},
        )
        await story.over()

    assert [event["reason"] for event in story.all(FAILED)] == ["busy"] * 3
