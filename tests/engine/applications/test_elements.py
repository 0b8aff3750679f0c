"""What elements and attributes do to real calls: what callees see, and what documents are told."""

import re

import pytest
from structlog.testing import capture_logs

from engine.applications.media_graph import MediaGraph
from tests.ccxml.playing import EXIT, on, processor
from tests.conftest import SippFactory
from tests.engine.applications.conftest import (
    Message,
    Stage,
    assign,
    createcall,
    report,
    var,
)
from tests.sipp.scenario import (
    ack,
    answer,
    bye,
    cancel,
    has_header,
    invite,
    notify,
    refer,
    reply,
)

pytestmark = pytest.mark.sipp

ANSWERED = (invite(), answer(), ack())
NOTE = assign("seen", "seen + event$.name + ' '")


async def told(
    stage: Stage, *transitions: str, head: str = "", **values: str
) -> Message:
    """What a document reports as ``outcome``; it has ended then."""
    key = await stage.application(head + processor(*transitions))
    data = {"report": f"{stage.server.url}/report", **values}
    _, body = await stage.start(key, appData=data)
    message = await stage.server.told("outcome")
    view = await stage.ended(key, body)
    assert view["terminationReason"] == "exit", view
    return message


# -- one call ----------------------------------------------------------------------


async def test_what_createcall_gives_the_callee(
    stage: Stage, sipp: SippFactory
) -> None:
    wanted = (
        has_header("From", "sip:4711@"),
        has_header("User-to-User", "6869;encoding=hex"),
        has_header("X-Case", "17"),
    )
    call = createcall(
        "session.values.callee",
        callerid="'4711'",
        aai="'hi'",
        connectionid="call",
        hints="{'X-Case': {value: 17}}",
    )
    async with sipp(invite(*wanted), answer(), ack(), bye()) as callee:
        message = await told(
            stage,
            on("ccxml.loaded", call),
            on(
                "connection.connected",
                var("same", "event$.connectionid == call"),
                report(
                    "outcome",
                    *("same", "event$.protocol", "event$.connection.state"),
                    *("event$.connection.local", "event$.connection.remote"),
                ),
                EXIT,
            ),
            head=var("call"),
            callee=callee.uri,
        )

    assert message["same"] == "true"
    assert message["event$.protocol"] == "SIP"
    assert message["event$.connection.state"] == "CONNECTED"
    assert message["event$.connection.local"].startswith("sip:4711@127.0.0.1")
    assert message["event$.connection.remote"] == callee.uri


async def test_a_call_that_rings_too_long(stage: Stage, sipp: SippFactory) -> None:
    ringing = (invite(), reply(180), cancel(), reply(487), ack())
    async with sipp(*ringing) as callee:
        message = await told(
            stage,
            on("ccxml.loaded", createcall("session.values.callee", timeout="'1s'")),
            on(
                "connection.failed",
                report(
                    "outcome",
                    "event$.reason",
                    "event$.info.status",
                    "event$.info.origin",
                ),
                EXIT,
            ),
            callee=callee.uri,
        )

    assert message["event$.reason"] == "noanswer"
    assert message["event$.info.status"] == "487"
    assert message["event$.info.origin"] == "local-cancel"


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (486, "busy"),
        (480, "noanswer"),
        (603, "rejected"),
        (404, "noroute"),
        (500, "sip:500"),
    ],
)
async def test_why_a_call_failed(
    stage: Stage, sipp: SippFactory, status: int, reason: str
) -> None:
    async with sipp(invite(), reply(status), ack()) as callee:
        message = await told(
            stage,
            on("ccxml.loaded", createcall("session.values.callee")),
            on(
                "connection.failed",
                report("outcome", "event$.reason", "event$.info.status"),
                EXIT,
            ),
            callee=callee.uri,
        )

    assert message["event$.reason"] == reason
    assert message["event$.info.status"] == str(status)


async def test_a_call_that_is_not_placed(stage: Stage) -> None:
    message = await told(
        stage,
        on("ccxml.loaded", createcall("'sip:0900@127.0.0.1'")),
        on(
            "connection.failed",
            report("outcome", "event$.reason", "event$.info.result"),
            EXIT,
        ),
    )

    assert message["event$.reason"] == "Number denied" == message["event$.info.result"]


async def test_further_responses_are_signals(stage: Stage, sipp: SippFactory) -> None:
    steps = (invite(), reply(180), reply(183, sdp=True), answer(), ack(), bye())
    async with sipp(*steps) as callee:
        message = await told(
            stage,
            on("ccxml.loaded", createcall("session.values.callee")),
            on("connection.progressing", NOTE),
            on(
                "connection.signal",
                NOTE,
                assign("media", "event$.info.status + ' ' + event$.info.earlymedia"),
            ),
            on("connection.connected", NOTE, report("outcome", "seen", "media"), EXIT),
            head=var("seen") + var("media"),
            callee=callee.uri,
        )

    names = ["connection.progressing", "connection.signal", "connection.connected"]
    assert message["seen"].split() == names
    assert message["media"] == "183 true"


async def test_disconnect_before_the_answer(stage: Stage, sipp: SippFactory) -> None:
    ringing = (invite(), reply(180), cancel(), reply(487), ack())
    async with sipp(*ringing) as callee:
        message = await told(
            stage,
            on("ccxml.loaded", createcall("session.values.callee")),
            on("connection.progressing", "<disconnect/>"),
            on("connection.failed", report("outcome", "event$.reason"), EXIT),
            callee=callee.uri,
        )

    assert message["event$.reason"] == "near_end_disconnect"


async def test_headers_of_a_disconnect(stage: Stage, sipp: SippFactory) -> None:
    hints = "{'X-Why': {value: 'enough'}}"
    async with sipp(*ANSWERED, bye(has_header("X-Why", "enough"))) as callee:
        message = await told(
            stage,
            on("ccxml.loaded", createcall("session.values.callee")),
            on("connection.connected", f'<disconnect hints="{hints}"/>'),
            on(
                "connection.disconnected",
                report("outcome", "event$.reason", "event$.trigger"),
                EXIT,
            ),
            callee=callee.uri,
        )

    assert message["event$.reason"] == "near_end_disconnect"
    assert message["event$.trigger"] == "local"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, "connection.redirected redirect connection.disconnected "),
        (603, "connection.redirect.failed rejected "),
    ],
)
async def test_redirect(
    stage: Stage, sipp: SippFactory, status: int, expected: str
) -> None:
    asked = refer(
        has_header("Refer-To", "<sip:desk@127.0.0.1:5070>"), has_header("X-Case", "17")
    )
    redirect = (
        "<redirect dest=\"'sip:desk@127.0.0.1:5070'\" "
        "hints=\"{'X-Case': {value: 17}}\"/>"
    )
    why = assign("seen", "seen + event$.reason + ' '")
    end = (report("outcome", "seen"), EXIT)
    async with sipp(*ANSWERED, asked, notify(status, cseq=1), bye()) as callee:
        message = await told(
            stage,
            on("ccxml.loaded", createcall("session.values.callee")),
            on("connection.connected", redirect),
            on("connection.redirected", NOTE, why),
            on("connection.disconnected", NOTE, *end),
            on("connection.redirect.failed", NOTE, why, *end),
            head=var("seen"),
            callee=callee.uri,
        )

    assert message["seen"] == expected


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("<accept/>", "error.unsupported accept"),
        ("<reject/>", "error.unsupported reject"),
        ("<dialogstart src=\"'a.vxml'\"/>", "error.dialog.notstarted undefined"),
        ("<dialogprepare src=\"'a.vxml'\"/>", "error.dialog.notprepared undefined"),
        (
            "<dialogstart prepareddialogid=\"'d'\"/>",
            "error.semantic dialogstart",
        ),
        (
            "<dialogterminate dialogid=\"'d'\"/>",
            "error.semantic dialogterminate",
        ),
    ],
)
async def test_what_this_platform_does_not_have(
    stage: Stage, action: str, expected: str
) -> None:
    message = await told(
        stage,
        on("ccxml.loaded", action),
        on(
            "error.*",
            var("what", "event$.name + ' ' + event$.tagname"),
            report("outcome", "what"),
            EXIT,
        ),
    )

    assert message["what"] == expected


# -- bridges -----------------------------------------------------------------------

BOTH = (
    on(
        "ccxml.loaded",
        createcall("session.values.callee", connectionid="a"),
        createcall("session.values.other", connectionid="b"),
    ),
    on("connection.connected", assign("n", "1"), cond="n == 0"),
)
SEEN = "".join(map(var, ("a", "b", "m", "seen"))) + var("n", "0")
END = (report("outcome", "seen", "a", "b"), EXIT)


async def test_join_and_unjoin(stage: Stage, sipp: SippFactory) -> None:
    hears = (
        "' ' + session.connections[a].input + ' ' + session.connections[b].input + ' '"
    )
    show = assign("seen", f"seen + {hears}")
    async with sipp(*ANSWERED, bye()) as callee, sipp(*ANSWERED, bye()) as other:
        message = await told(
            stage,
            *BOTH,
            on("connection.connected", '<join id1="a" id2="b" duplex="\'half\'"/>'),
            on("conference.joined", NOTE, show, '<unjoin id1="a" id2="b"/>'),
            on("conference.unjoined", NOTE, show, '<unjoin id1="a" id2="b"/>'),
            on("error.conference.unjoin", NOTE, '<join id1="a" id2="a"/>'),
            on("error.conference.join", NOTE, *END),
            head=SEEN,
            callee=callee.uri,
            other=other.uri,
        )

    assert message["seen"].split() == [
        *("conference.joined", message["b"], "undefined"),
        *("conference.unjoined", "undefined", "undefined"),
        *("error.conference.unjoin", "error.conference.join"),
    ]


async def test_a_conference(stage: Stage, sipp: SippFactory) -> None:
    create = (
        '<createconference conferenceid="m" confname="\'team\'" '
        'reservedtalkers="1" reservedlisteners="1" hints="{}"/>'
    )
    async with sipp(*ANSWERED, bye()) as callee, sipp(*ANSWERED, bye()) as other:
        message = await told(
            stage,
            *BOTH,
            on("connection.connected", create),
            on(
                "conference.created",
                NOTE,
                '<join id1="a" id2="event$.conferenceid"/>'
                '<join id1="event$.conference" id2="b"/>',
            ),
            on("conference.joined", NOTE, assign("n", "n + 1"), cond="n == 1"),
            on("conference.joined", NOTE, '<destroyconference conferenceid="m"/>'),
            on("conference.unjoined", NOTE),
            on("conference.destroyed", NOTE, *END),
            head=SEEN,
            callee=callee.uri,
            other=other.uri,
        )

    words = re.findall(r"conference\.(\w+)", message["seen"])
    assert words == [
        "created",
        *("joined", "joined"),
        *("unjoined", "unjoined"),
        "destroyed",
    ]


async def test_a_call_that_joins_another(stage: Stage, sipp: SippFactory) -> None:
    second = createcall(
        "session.values.other",
        connectionid="b",
        joinid="a",
        joindirection="'callreceive'",
    )
    async with sipp(*ANSWERED, bye()) as callee, sipp(*ANSWERED, bye()) as other:
        message = await told(
            stage,
            on("ccxml.loaded", createcall("session.values.callee", connectionid="a")),
            on("connection.connected", assign("n", "1"), second, cond="n == 0"),
            on(
                "connection.connected",
                assign("seen", "'' + event$.connection.input"),
                '<unjoin id1="b" id2="a"/>',
            ),
            on("conference.unjoined", *END),
            head=SEEN,
            callee=callee.uri,
            other=other.uri,
        )

    assert message["seen"] == message["a"] != message["b"]


async def test_merge(stage: Stage, sipp: SippFactory) -> None:
    asked = refer(has_header("Refer-To", "Replaces="))
    async with (
        sipp(*ANSWERED, asked, notify(200, cseq=1), bye()) as callee,
        sipp(*ANSWERED, bye()) as other,
    ):
        message = await told(
            stage,
            *BOTH,
            on("connection.connected", '<merge connectionid1="a" connectionid2="b"/>'),
            on(
                "connection.merged",
                NOTE,
                assign("n", "n + 1"),
                assign("m", "event$.connectionid + ' ' + event$.mergeid"),
                cond="n == 1",
            ),
            on(
                "connection.merged",
                NOTE,
                report("outcome", "seen", "m", "a", "b"),
                EXIT,
            ),
            head=SEEN,
            callee=callee.uri,
            other=other.uri,
        )

    assert message["seen"] == "connection.merged connection.merged "
    assert sorted(message["m"].split()) == sorted((message["a"], message["b"]))


async def test_a_merge_that_fails(stage: Stage, sipp: SippFactory) -> None:
    async with (
        sipp(*ANSWERED, refer(), notify(486, cseq=1), bye()) as callee,
        sipp(*ANSWERED, bye()) as other,
    ):
        message = await told(
            stage,
            *BOTH,
            on("connection.connected", '<merge connectionid1="a" connectionid2="b"/>'),
            on(
                "connection.merge.failed",
                assign("seen", "event$.reason"),
                report("outcome", "seen", "event$.connectionid1", "a"),
                EXIT,
            ),
            head=SEEN,
            callee=callee.uri,
            other=other.uri,
        )

    assert message["seen"] == "busy"
    assert message["event$.connectionid1"] == message["a"]


async def test_a_transfer_by_send(stage: Stage, sipp: SippFactory) -> None:
    asked = refer(has_header("Refer-To", "<sip:desk@127.0.0.1:5070>"))
    send = (
        '<send target="event$.connectionid" targettype="\'connection\'" '
        'name="\'bvr.transfer\'" namelist="target" sendid="b"/>'
    )
    async with sipp(*ANSWERED, asked, notify(200, cseq=1), bye()) as callee:
        message = await told(
            stage,
            on("ccxml.loaded", createcall("session.values.callee", connectionid="a")),
            on("connection.connected", send),
            on("send.successful", NOTE, cond="event$.sendid == b"),
            on("connection.disconnected", NOTE, *END),
            head=SEEN + var("target", "'sip:desk@127.0.0.1:5070'"),
            callee=callee.uri,
        )

    assert message["seen"].split() == ["send.successful", "connection.disconnected"]


async def test_a_conference_does_not_move(stage: Stage) -> None:
    message = await told(
        stage,
        on("ccxml.loaded", '<createconference conferenceid="m"/>'),
        on("conference.created", '<move sessionid="session.id" source="m"/>'),
        on("error.move", NOTE, *END),
        head=SEEN,
    )

    assert message["seen"] == "error.move "


def test_conferences_of_one_name() -> None:
    bridge = MediaGraph()
    for identity, name in (("one", "team"), ("two", "team"), ("three", "others")):
        bridge.open(identity, name)
    bridge.join("a", "one", is_full=True)
    bridge.join("b", "two", is_full=True)
    bridge.join("c", "three", is_full=True)

    added, _ = bridge.take_changes()
    assert sorted(added) == [("a", "b"), ("b", "a")]


async def test_a_log_is_written(stage: Stage) -> None:
    line = "<log expr=\"'how ' + 'it goes'\" label=\"'mine'\"/>"
    with capture_logs() as lines:
        await told(stage, on("ccxml.loaded", line, report("outcome"), EXIT))

    (written,) = [line for line in lines if line["event"] == "application_log"]
    assert (written["label"], written["text"]) == ("mine", "how it goes")
    assert written["line"] == 1
