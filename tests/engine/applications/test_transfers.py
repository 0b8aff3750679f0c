"""redirect, bvr.transfer and merge: the far end is sent elsewhere by REFER."""

import pytest

from engine.applications import connection
from tests.ccxml.playing import EXIT, on
from tests.conftest import SippFactory
from tests.engine.applications.conftest import Stage, assign, createcall, var
from tests.engine.applications.story import (
    CALL,
    CONNECTED,
    DISCONNECTED,
    LOADED,
    UNTIL_DISCONNECTED,
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
    invite,
    notify,
    pause,
    refer,
    reply,
)

pytestmark = pytest.mark.sipp

ANSWERED = (invite(), answer(), ack())
DESK = "sip:desk@127.0.0.1:5070"
HINTS = "{'X-Case': {value: 17}}"
TRYING = notify(100, cseq=1, over=False)
REDIRECTED = "connection.redirected"
NOT_REDIRECTED = "connection.redirect.failed"
MERGED = "connection.merged"
NOT_MERGED = "connection.merge.failed"
CALLED = (notify(200, cseq=1), bye())

REDIRECT = on(CONNECTED, f'<redirect dest="\'{DESK}\'" hints="{HINTS}"/>')
TRANSFER = on(
    CONNECTED,
    assign("target", f"'{DESK}'"),
    '<send target="event$.connectionid" targettype="\'connection\'" '
    f'name="\'bvr.transfer\'" namelist="target" hints="{HINTS}" sendid="sent"/>',
)
VARIABLES = var("target") + var("sent")


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A far end has a second to take a transfer."""
    monkeypatch.setattr(connection, "REFER_LIMIT_S", 1.0)


# -- redirect --------------------------------------------------------------------


async def redirected(stage: Stage, sipp: SippFactory, *steps: str) -> Story:
    """A callee that is redirected; the document hangs up when that has failed."""
    failed = on(NOT_REDIRECTED, "<disconnect/>")
    async with sipp(*ANSWERED, *steps) as callee:
        story = await play(
            stage, CALL, REDIRECT, failed, UNTIL_DISCONNECTED, to=callee.uri
        )
        await story.over()
    return story


async def test_redirect(stage: Stage, sipp: SippFactory) -> None:
    asked = refer(has_header("Refer-To", f"<{DESK}>"), has_header("X-Case", "17"))
    steps = (asked, TRYING, notify(200, cseq=2), bye())
    story = await redirected(stage, sipp, *steps)

    assert story.names() == ["connected", "redirected", "disconnected"]
    assert story.the(REDIRECTED)["info"]["dest"] == DESK
    assert story.the(DISCONNECTED)["reason"] == "near_end_disconnect"


@pytest.mark.parametrize(
    ("steps", "status", "reason"),
    [
        ((refer(status=603),), 603, "rejected"),
        ((refer(), TRYING, notify(486, cseq=2)), 486, "busy"),
    ],
)
async def test_redirect_that_fails(
    stage: Stage, sipp: SippFactory, steps: tuple[str, ...], status: int, reason: str
) -> None:
    story = await redirected(stage, sipp, *steps, bye())

    assert story.names() == ["connected", "redirect.failed", "disconnected"]
    failed = story.the(NOT_REDIRECTED)
    assert (failed["info"]["status"], failed["reason"]) == (status, reason)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("steps", [(refer(status=None),), (refer(), TRYING)])
async def test_redirect_that_the_far_end_says_nothing_of(
    stage: Stage, sipp: SippFactory, steps: tuple[str, ...]
) -> None:
    story = await redirected(stage, sipp, *steps, bye())

    assert story.the(NOT_REDIRECTED)["info"]["status"] == 408
    assert story.the(NOT_REDIRECTED)["reason"] == "noanswer"


async def test_bye_in_the_middle_of_a_redirect(stage: Stage, sipp: SippFactory) -> None:
    story = await redirected(stage, sipp, refer(), TRYING, hang_up(cseq=2))

    assert story.names() == ["connected", "redirect.failed", "disconnected"]
    assert story.the(NOT_REDIRECTED)["info"]["status"] == 481
    assert story.the(DISCONNECTED)["reason"] == "far_end_disconnect"


async def test_second_redirect_while_one_is_under_way(
    stage: Stage, sipp: SippFactory
) -> None:
    """It is refused, and the first one goes on."""
    again = on(CONNECTED, *[f"<redirect dest=\"'{DESK}'\"/>"] * 2)
    async with sipp(*ANSWERED, refer(), pause(300), *CALLED) as callee:
        story = await play(stage, CALL, again, UNTIL_DISCONNECTED, to=callee.uri)
        await story.over()

    assert story.names()[1:] == ["redirect.failed", "redirected", "disconnected"]
    assert story.the(NOT_REDIRECTED)["info"]["status"] == 491


@pytest.mark.parametrize(
    "attributes",
    ["dest=\"'nobody'\"", f'dest="\'{DESK}\'" hints="{{Via: {{value: 1}}}}"'],
)
async def test_redirect_that_is_not_sent(
    stage: Stage, sipp: SippFactory, attributes: str
) -> None:
    async with sipp(*ANSWERED, bye()) as callee:
        story = await play(
            stage,
            CALL,
            on(CONNECTED, f"<redirect {attributes}/>"),
            on(NOT_REDIRECTED, "<disconnect/>"),
            UNTIL_DISCONNECTED,
            to=callee.uri,
        )
        await story.over()

    assert story.the(NOT_REDIRECTED)["info"]["status"] == 400


async def test_redirect_before_the_answer(stage: Stage, sipp: SippFactory) -> None:
    async with sipp(invite(), reply(180), cancel(), reply(487), ack()) as callee:
        story = await play(
            stage,
            CALL,
            on("connection.progressing", f"<redirect dest=\"'{DESK}'\"/>"),
            on("error.connection.wrongstate", EXIT),
            to=callee.uri,
        )
        await story.over()

    assert story.the("error.connection.wrongstate")["tagname"] == "redirect"


async def test_redirect_of_a_call_that_is_hung_up(
    stage: Stage, sipp: SippFactory
) -> None:
    """The document does not know yet that the call is over."""
    both = on(CONNECTED, "<disconnect/>", f"<redirect dest=\"'{DESK}'\"/>")
    async with sipp(*ANSWERED, bye()) as callee:
        story = await play(stage, CALL, both, UNTIL_DISCONNECTED, to=callee.uri)
        await story.over()

    assert story.names() == ["connected", "redirect.failed", "disconnected"]
    assert story.the(NOT_REDIRECTED)["info"]["status"] == 481


# -- bvr.transfer ----------------------------------------------------------------


async def test_transfer(stage: Stage, sipp: SippFactory) -> None:
    asked = refer(has_header("Refer-To", f"<{DESK}>"), has_header("X-Case", "17"))
    async with sipp(*ANSWERED, asked, *CALLED) as callee:
        story = await play(
            stage,
            CALL,
            TRANSFER,
            UNTIL_DISCONNECTED,
            before=VARIABLES,
            to=callee.uri,
        )
        await story.over()

    assert story.names() == ["connected", "disconnected"]
    assert story.the("send.successful")["sendid"]
    assert story.the(DISCONNECTED)["trigger"] == "local"


async def test_transfer_that_fails(stage: Stage, sipp: SippFactory) -> None:
    async with sipp(*ANSWERED, refer(), notify(486, cseq=1), bye()) as callee:
        story = await play(
            stage,
            CALL,
            TRANSFER,
            on("error.send.failed", EXIT, cond="event$.sendid == sent"),
            before=VARIABLES,
            to=callee.uri,
        )
        await story.over()

    failed = story.the("error.send.failed")
    assert (failed["info"]["status"], failed["reason"]) == (486, "486 Busy Here")
    assert failed["tagname"] == "send"


async def test_transfer_before_the_answer(stage: Stage, sipp: SippFactory) -> None:
    async with sipp(invite(), reply(180), cancel(), reply(487), ack()) as callee:
        story = await play(
            stage,
            CALL,
            TRANSFER.replace("connected", "progressing"),
            on("error.send.failed", EXIT, cond="event$.sendid == sent"),
            before=VARIABLES,
            to=callee.uri,
        )
        await story.over()

    assert "not answered" in story.the("error.send.failed")["reason"]


@pytest.mark.parametrize(
    ("name", "namelist"), [("bvr.consult", "target"), ("bvr.transfer", "sent")]
)
async def test_other_messages_to_a_connection(
    stage: Stage, sipp: SippFactory, name: str, namelist: str
) -> None:
    other = TRANSFER.replace("bvr.transfer", name)
    other = other.replace('namelist="target"', f'namelist="{namelist}"')
    async with sipp(*ANSWERED, bye()) as callee:
        story = await play(
            stage,
            CALL,
            other,
            on("error.send.failed", EXIT, cond="event$.sendid == sent"),
            before=VARIABLES,
            to=callee.uri,
        )
        await story.over()

    assert "bvr.transfer with a target" in story.the("error.send.failed")["reason"]


async def test_transfer_of_a_connection_that_is_over(
    stage: Stage, sipp: SippFactory
) -> None:
    transfer = TRANSFER.partition(">")[2].removesuffix("</transition>")
    transfer = transfer.replace("event$.connectionid", "first")
    async with sipp(*ANSWERED, hang_up()) as callee:
        story = await play(
            stage,
            CALL,
            on(CONNECTED, assign("first", "event$.connectionid")),
            on(DISCONNECTED, '<send target="session.id" name="\'now\'"/>'),
            on("now", transfer),
            on("error.send.targetunavailable", EXIT, cond="event$.sendid == sent"),
            before=VARIABLES + var("first"),
            to=callee.uri,
        )
        await story.over()

    assert story.the("error.send.targetunavailable")


# -- merge -----------------------------------------------------------------------

MERGE = on(
    CONNECTED,
    assign("ids[ids.length]", "event$.connectionid"),
    '<if cond="ids.length == 1">',
    createcall("session.values.second"),
    '<else/><merge connectionid1="ids[0]" connectionid2="ids[1]"/></if>',
)
IDS = var("ids", "[]")


async def merging(
    stage: Stage, sipp: SippFactory, asked: tuple[str, ...], other: tuple[str, ...], *more: str
) -> Story:  # fmt: skip
    """Two callees that are merged: what follows their answers."""
    async with sipp(*ANSWERED, *asked) as first, sipp(*ANSWERED, *other) as second:
        story = await play(
            stage,
            CALL,
            MERGE,
            *more,
            before=IDS,
            to=first.uri,
            appData={"second": second.uri},
        )
        await story.over()
    return story


def both_over(event: str) -> str:
    """Exit once both connections have had this event."""
    return on(
        event,
        assign("ids.length", "ids.length - 1"),
        '<if cond="!ids.length"><exit/></if>',
    )


async def test_merge(stage: Stage, sipp: SippFactory) -> None:
    place = r"<sip:callee@127.0.0.1:[0-9]+[^?]*\?Require=replaces&Replaces=[^>]*>"
    asked = refer(has_header("Refer-To", place))
    story = await merging(stage, sipp, (asked, *CALLED), (bye(),), both_over(MERGED))

    assert story.names() == ["connected", "connected", "merged", "merged"]
    first, second = story.all(CONNECTED)
    ids = [(event["connectionid"], event["mergeid"]) for event in story.all(MERGED)]
    pair = first["connectionid"], second["connectionid"]
    assert ids == [pair, pair[::-1]]


async def test_merge_of_a_call_that_is_replaced_at_once(
    stage: Stage, sipp: SippFactory
) -> None:
    """As RFC 3891 has it: who is called back ends our call before we know of that."""
    story = await merging(
        stage,
        sipp,
        (refer(), TRYING, pause(500), notify(200, cseq=2), bye()),
        (pause(250), hang_up()),
        both_over(MERGED),
        on(DISCONNECTED, EXIT),
    )

    assert story.names() == ["connected", "connected", "merged", "merged"]


async def test_merge_that_is_refused(stage: Stage, sipp: SippFactory) -> None:
    story = await merging(
        stage, sipp, (refer(status=603), bye()), (bye(),), on(NOT_MERGED, EXIT)
    )

    failed = story.the(NOT_MERGED)
    first, second = story.all(CONNECTED)
    assert (failed["info"]["status"], failed["reason"]) == (603, "rejected")
    assert failed["connectionid1"] == first["connectionid"]
    assert failed["connectionid2"] == second["connectionid"]


async def test_end_of_the_other_call_in_a_merge_that_fails(
    stage: Stage, sipp: SippFactory
) -> None:
    """It is told after the merge has failed, and the first call goes on."""
    story = await merging(
        stage,
        sipp,
        (refer(), TRYING, pause(500), notify(486, cseq=2), pause(200), hang_up(cseq=3)),
        (pause(250), hang_up()),
        both_over(DISCONNECTED),
    )

    names = ["merge.failed", "disconnected", "disconnected"]
    assert story.names() == ["connected", "connected", *names]
    first, second = story.all(CONNECTED)
    ids = [event["connectionid"] for event in story.all(DISCONNECTED)]
    assert ids == [second["connectionid"], first["connectionid"]]


async def test_end_of_the_first_call_in_a_merge(
    stage: Stage, sipp: SippFactory
) -> None:
    story = await merging(
        stage,
        sipp,
        (refer(), TRYING, hang_up(cseq=2)),
        (bye(),),
        UNTIL_DISCONNECTED,
    )

    assert story.names()[2:] == ["merge.failed", "disconnected"]
    assert story.the(NOT_MERGED)["info"]["status"] == 481


async def test_merge_while_the_other_call_is_redirected(
    stage: Stage, sipp: SippFactory
) -> None:
    merge = '<merge connectionid1="ids[0]" connectionid2="ids[1]"/>'
    redirect = f'<redirect connectionid="ids[1]" dest="\'{DESK}\'"/>'
    steps = (refer(), pause(300), *CALLED)
    async with sipp(*ANSWERED, bye()) as staying, sipp(*ANSWERED, *steps) as leaving:
        story = await play(
            stage,
            CALL,
            MERGE.replace(merge, redirect + merge),
            UNTIL_DISCONNECTED,
            before=IDS,
            to=staying.uri,
            appData={"second": leaving.uri},
        )
        await story.over()

    assert story.names()[2:] == ["merge.failed", "redirected", "disconnected"]
    assert story.the(NOT_MERGED)["info"]["status"] == 491


async def test_merge_before_the_answer(stage: Stage, sipp: SippFactory) -> None:
    ringing = (invite(), reply(180), cancel(), reply(487), ack())
    async with sipp(*ANSWERED, bye()) as answering, sipp(*ringing) as ringing_callee:
        story = await play(
            stage,
            on(
                LOADED,
                createcall(),
                createcall(f"'{ringing_callee.uri}'", connectionid="second"),
            ),
            on(
                CONNECTED,
                '<merge connectionid1="event$.connectionid" connectionid2="second"/>',
            ),
            on("error.connection.wrongstate", EXIT),
            before=var("second"),
            to=answering.uri,
        )
        await story.over()

    assert story.the("error.connection.wrongstate")["tagname"] == "merge"
