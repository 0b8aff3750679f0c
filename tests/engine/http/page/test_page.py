"""The live page in a real browser, fed by a real outring that makes real calls."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from engine.platform.objects import digest_of
from tests.conftest import SippFactory
from tests.engine.http.page.browser import Tab, open_tab
from tests.engine.process import KEY, PLATFORM, Outring, configured, serving, started
from tests.engine.webhooks.receiver import SECRET, receiving
from tests.engine.webhooks.test_crashes import WEBHOOK
from tests.platform import ADMIN_TOKEN
from tests.redis_server import free_port
from tests.sipp.scenario import ack, answer, bye, invite, reply

pytestmark = pytest.mark.sipp

NODE = "<img/src=x/onerror=pwned=1>"  # a name may have no spaces
HOSTILE = "<img src=x onerror=pwned=1>"
ADMIN = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
PHONE = 400  # pixels
View = dict[str, Any]


def settings(port: int = 0, rtp_port: int = 36000) -> str:
    """Processes that run at the same time need RTP ports of their own."""
    return f"""
[http]
port = {port}
[node]
name = "{NODE}"
[sip]
listen = ["udp:127.0.0.1:0"]
max_calls = 50
rtp_port_min = {rtp_port}
rtp_port_max = {rtp_port + 199}
[log]
format = "json"
[admin]
token_sha256 = "{digest_of(ADMIN_TOKEN)}"
"""


@pytest.fixture(scope="module")
async def outring(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Outring]:
    folder = tmp_path_factory.mktemp("page")
    async with serving(configured(folder, settings(), PLATFORM)) as process:
        yield process


@pytest.fixture
async def tab(tmp_path: Path) -> AsyncIterator[Tab]:
    folder = tmp_path / "browser"
    folder.mkdir()
    async with open_tab(folder) as opened:
        await opened.look()
        yield opened


@asynccontextmanager
async def asking() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(headers=ADMIN) as http:
        yield http


async def entered(tab: Tab, url: str) -> None:
    await tab.open(f"{url}/")
    await tab.type("#token", ADMIN_TOKEN)
    await live(tab)


async def live(tab: Tab) -> None:
    await tab.until("document.querySelector('#link').innerText === 'live'")


async def call(outring: Outring, to: str) -> View:
    """Ask for a call; the answer."""
    request = {"action": "makeCall", "to": to, "apiKey": KEY}
    async with (
        asking() as http,
        http.post(f"{outring.url}/api/v1/bvr/outbound", json=request) as response,
    ):
        return dict(await response.json())


async def hang_up(outring: Outring, answered: View) -> View:
    """Ask for the end of a call; what is known of it then."""
    url = f"{outring.url}/api/v1/bvr/calls/{answered['applicationUUID']}"
    async with asking() as http:
        async with http.delete(url) as response:
            assert response.status in (200, 202)
        async with asyncio.timeout(20):
            while True:
                async with http.get(url) as response:
                    view: View = await response.json()
                if view["state"] == "ended":
                    return view
                await asyncio.sleep(0.05)


def shows(selector: str, text: str) -> str:
    """For ``Tab.until``: whether this can be read there."""
    found = f"document.querySelector({json.dumps(selector)})"
    return f"!!{found}?.innerText.includes({json.dumps(text)})"


def row_of(answered: View) -> str:
    """The row of a call."""
    return f'#last-calls [data-id="{answered["applicationUUID"]}"]'


async def test_a_webhook_that_refuses_is_shown(tmp_path: Path, tab: Tab) -> None:
    async def refuse(_: View) -> int:
        return 503

    async with receiving(refuse) as receiver:
        platform = PLATFORM + WEBHOOK.format(receiver.uri, SECRET)
        file = configured(tmp_path, settings(rtp_port=36400), platform)
        async with serving(file) as outring:
            await entered(tab, outring.url)
            await tab.until(shows("#health", "webhooks"))
            assert not await tab.run("!!document.querySelector('#health .ill')")
            await call(outring, "sip:1@127.0.0.1:9;transport=tcp")
            await tab.until(shows("#health .ill", "1 webhook refuses, 3 events wait"))


# -- the way in ----------------------------------------------------------------------


async def test_a_wrong_token_is_told_and_not_kept(outring: Outring, tab: Tab) -> None:
    await tab.open(f"{outring.url}/")
    await tab.type("#token", "wrong")
    await tab.until(shows("#refusal", "The admin token is not right."))

    assert await tab.run("sessionStorage.length") == 0
    assert await tab.run("document.querySelector('#live').hidden")
    await tab.type("#token", ADMIN_TOKEN)
    await live(tab)
    assert await tab.run("document.querySelector('#door').hidden")


async def test_the_token_stays_in_the_tab_until_one_leaves(
    outring: Outring, tab: Tab
) -> None:
    await entered(tab, outring.url)
    await tab.open(f"{outring.url}/?again")
    await live(tab)

    assert await tab.run("localStorage.length + document.cookie.length") == 0
    await tab.click("#leave")
    await tab.until("!document.querySelector('#door')?.hidden")
    assert await tab.run("sessionStorage.length") == 0


# -- what it shows -------------------------------------------------------------------


async def test_numbers_change_while_calls_are_made(
    outring: Outring, tab: Tab, sipp: SippFactory
) -> None:
    await entered(tab, outring.url)
    before = await outcomes(tab)
    async with sipp(invite(), reply(180), answer(), ack(), bye()) as callee:
        answered = await call(outring, callee.uri)
        await tab.until("document.querySelector('#calls').innerText === '1'")
        await tab.until(shows("#states", "connected 1"))
        await tab.until(shows(row_of(answered), "connected"))
        await tab.until("document.title === '1 calls · outring'")
        lasted = await tab.text(f"{row_of(answered)} .duration")
        await tab.until(
            f"document.querySelector('{row_of(answered)} .duration').innerText !== '{lasted}'"
        )
        await hang_up(outring, answered)
    async with sipp(invite(), reply(486), ack()) as callee:
        busy = await call(outring, callee.uri)
        await tab.until(shows(row_of(busy), "486"))
    await tab.until("document.querySelector('#calls').innerText === '0'")
    await tab.until(shows(row_of(answered), "answered"))
    await tab.until(shows(row_of(busy), "busy"))
    await tab.until(shows("#outcomes", "busy: 486 Busy Here"))
    after = await outcomes(tab)

    assert after["answered"] == before.get("answered", 0) + 1
    assert after["busy: 486 Busy Here"] == before.get("busy: 486 Busy Here", 0) + 1
    assert "callee" not in await tab.text("#last-calls")  # it is too short to show any
    assert "****" in await tab.text(row_of(answered))


async def outcomes(tab: Tab) -> dict[str, int]:
    """How often each came in the last hour, as the page has it."""
    rows: list[list[str]] = await tab.run(
        "[...document.querySelectorAll('#outcomes tr')]"
        ".map((row) => [row.cells[0].innerText.trim(), row.cells[2].innerText])"
    )
    return {name: int(count) for name, count in rows}


async def test_the_chart_begins_with_what_was(outring: Outring, tab: Tab) -> None:
    await call(outring, "sip:nobody@127.0.0.1:1;transport=tcp")
    await entered(tab, outring.url)
    drawn = "document.querySelector('#rates-chart path.attempts').getAttribute('d')"
    first = await tab.run(drawn)
    await tab.until(f"{drawn} !== {json.dumps(first)}")
    second = await tab.run(drawn)

    assert second.count("L") == first.count("L") + 1
    assert len(set(first.split("L"))) > 2  # it was not the same all along


async def test_a_click_shows_the_timeline_and_the_ladder_of_a_call(
    outring: Outring, tab: Tab, sipp: SippFactory
) -> None:
    await entered(tab, outring.url)
    async with sipp(invite(), reply(180), answer(), ack(), bye()) as callee:
        answered = await call(outring, callee.uri)
        await tab.until(shows(row_of(answered), "connected"))
        await tab.click(row_of(answered))
        await tab.until(shows("#call-timeline", "ACK sent"))
        assert "ended" not in await tab.text("#call-timeline")
        view = await hang_up(outring, answered)
        await tab.until(shows("#call-timeline", "ended"))  # it follows the call

    steps = await tab.run(
        "[...document.querySelectorAll('#call-timeline .step')].map((one) => one.innerText)"
    )
    assert steps[0] == "request received"
    assert steps[-1] == "ended"
    assert len(steps) == len(view["times"])
    assert await tab.text("#call-title") == callee.uri
    facts = await tab.text("#call-facts")
    assert all(text in facts for text in ("answered", "Call connected", "caller"))
    assert view["callId"] in facts
    ladder = await tab.run("document.querySelector('#call-ladder').textContent")
    if "ladder" in view:
        assert all(entry["message"] in ladder for entry in view["ladder"])
    else:
        assert ladder == "No ladder kept."
    await tab.click("#call-close")
    await tab.until("!document.querySelector('#call').open")


async def test_a_click_means_the_row_where_the_button_went_down(
    outring: Outring, tab: Tab, sipp: SippFactory
) -> None:
    await entered(tab, outring.url)
    async with sipp(invite(), reply(486), ack()) as callee:
        busy = await call(outring, callee.uri)
    await tab.until(shows(row_of(busy), "486"))
    await tab.press(row_of(busy))
    other = await call(outring, "sip:0900@nowhere.example")
    await tab.until(shows(row_of(other), other["disposition"]))  # the rows have moved
    await tab.release()

    await tab.until(shows("#call-facts", busy["applicationUUID"]))


async def test_enter_opens_the_row_that_has_the_focus(
    outring: Outring, tab: Tab
) -> None:
    await entered(tab, outring.url)
    failed = await call(outring, "sip:nobody@127.0.0.1:1;transport=tcp")
    await tab.until(shows(row_of(failed), "503"))
    await tab.run(f"document.querySelector('{row_of(failed)}').focus()")
    other = await call(outring, "sip:nobody@127.0.0.1:1;transport=tcp")
    await tab.until(shows(row_of(other), "503"))
    await tab.enter()

    await tab.until(shows("#call-facts", failed["applicationUUID"]))


async def test_a_ladder_has_an_arrow_for_each_message(
    outring: Outring, tab: Tab
) -> None:
    await tab.open(f"{outring.url}/")
    ladder = [
        message("47.210205", "sent", "INVITE", "udp:192.0.2.1:5060"),
        message("47.711205", "received", HOSTILE, "udp:192.0.2.1:5060"),
        message("47.712000", "sent", "INVITE", "tcp:[2001:db8::1]:5060"),
    ]
    drawn = await tab.run(
        "import('./page/call.js').then(({ drawLadder }) => {"
        "const place = document.createElement('div'); document.body.append(place);"
        f"drawLadder(place, {json.dumps(ladder)});"
        "return [...place.querySelectorAll('g')].map((arrow) => "
        "[...arrow.querySelectorAll('text')].map((one) => one.textContent)"
        ".concat(arrow.querySelector('path').getBBox().width)); })"
    )

    assert [arrow[:2] for arrow in drawn] == [
        ["+0.0 ms", "INVITE"],
        ["+501 ms", HOSTILE],
        ["+502 ms", "INVITE"],
    ]
    assert drawn[0][2] == drawn[1][2] == drawn[2][2] / 2  # the second far end is beyond
    assert await tab.run("window.pwned") is None


def message(at: str, direction: str, what: str, peer: str) -> View:
    """An entry of a ladder."""
    return {
        "at": f"2026-11-24T09:31:{at}+00:00",
        "direction": direction,
        "message": what,
        "cseq": "1 INVITE",
        "peer": peer,
        "callId": "a-call",
    }


OUTCOMES = [
    ({}, "open", None),  # it lives
    ({"disposition": "answered"}, "good", "answered"),
    (
        {"disposition": "answered", "applicationEnd": "error"},
        "trouble",
        "application error",
    ),
    ({"disposition": "answered", "applicationEnd": "exit"}, "good", "answered"),
    ({"disposition": "answered", "applicationEnd": "killed"}, "good", "answered"),
    ({"result": "Call failed", "disposition": "busy"}, "failed", "busy"),
    ({"result": "Call failed", "disposition": "no_answer"}, "failed", "no answer"),
    ({"result": "Call failed", "disposition": "cancelled"}, "cancelled", "cancelled"),
    ({"result": "Call failed", "disposition": "congestion"}, "trouble", "congestion"),
    ({"result": "Call failed", "disposition": "failed"}, "trouble", "failed"),
    (
        {"result": "Internal Error", "disposition": "failed"},
        "trouble",
        "Internal Error",
    ),
    (
        {"result": "Number denied", "disposition": "refused"},
        "refused",
        "Number denied",
    ),
    ({"result": "Application started"}, "good", "Application started"),
    (
        {"result": "Application started", "applicationEnd": "error"},
        "trouble",
        "application error",
    ),
    ({"result": "Call failed"}, "failed", "Call failed"),  # of an older version
]


async def test_an_outcome_has_a_colour_and_words(outring: Outring, tab: Tab) -> None:
    await tab.open(f"{outring.url}/")
    outcomes = json.dumps([outcome for outcome, *_ in OUTCOMES])
    drawn = await tab.run(
        "import('./page/draw.js').then(({ kindOf, wordOf }) => "
        f"{outcomes}.map((outcome) => [kindOf(outcome), wordOf(outcome) ?? null]))"
    )

    assert drawn == [[kind, word] for _, kind, word in OUTCOMES]


async def test_the_timeline_has_each_invite_of_a_call(
    outring: Outring, tab: Tab
) -> None:
    def at(seconds: str) -> str:
        return f"2026-11-24T09:31:{seconds}+00:00"

    times = {"received": at("01"), "invite": at("02"), "ringing": at("07")}
    attempts = [
        {"invite": at("02"), "ended": at("03"), "status": 503, "origin": "remote"},
        {
            "invite": at("03.5"),
            "ended": at("05"),
            "status": 408,
            "origin": "local-timer",
        },
        {"invite": at("06"), "ended": at("09"), "status": 486, "origin": "remote"},
    ]
    await tab.open(f"{outring.url}/")
    steps = await tab.run(
        "import('./page/call.js').then(({ drawTimeline }) => {"
        "const list = document.createElement('ol');"
        f"drawTimeline(list, {json.dumps(times)}, {json.dumps(attempts)});"
        "return [...list.querySelectorAll('li')].map((step) => "
        "[step.children[0].textContent, step.children[2].textContent]); })"
    )

    assert steps == [
        ["request received", "0.0 ms"],
        ["INVITE 1 sent", "1000 ms"],
        ["INVITE 1: 503", "2000 ms"],
        ["INVITE 2 sent", "2500 ms"],
        ["INVITE 2: local-timer", "4000 ms"],
        ["INVITE 3 sent", "5000 ms"],
        ["ringing", "6000 ms"],
    ]


# -- the trunks ----------------------------------------------------------------------

PROXIES = """
[[proxy]]
id = "east"
address = "{east}"
call_limit = 10
[[proxy]]
id = "west"
address = "sip:127.0.0.1:1;transport=tcp"
[[proxy]]
id = "south"
address = "sip:127.0.0.1:1"
[[group]]
id = "all"
members = ["west", "east"]
default = true
"""


async def test_trunks_show_their_state_and_what_became_of_their_calls(
    tmp_path: Path, tab: Tab, sipp: SippFactory
) -> None:
    (tmp_path / "outring").mkdir()
    async with sipp(invite(), reply(180), answer(), ack(), bye()) as callee:
        proxies = PROXIES.format(east=callee.uri_of("proxy"))
        file = configured(
            tmp_path / "outring", settings(rtp_port=36200), PLATFORM + proxies
        )
        async with serving(file) as outring, asking() as http:
            await entered(tab, outring.url)
            drain = f"{outring.url}/api/v1/admin/proxies/south/drain"
            body = {"reason": HOSTILE, "by": "alice"}
            async with http.post(drain, json=body) as response:
                assert response.status == 200
            answered = await call(outring, "sip:alice@callee.example")
            await tab.until(shows("#trunk-list", "1 / 10"))
            await tab.until(shows("#trunk-list", "100 %"))  # the call has answered
            await tab.until(shows("#trunk-list .draining", "draining"))
            east, south, west = [
                (await tab.text(f"#trunk-list tr:nth-child({row})")).split("\t")
                for row in (1, 2, 3)
            ]
            await hang_up(outring, answered)
            # Here, since the stream of a process that is killed at the end is cut.
            assert tab.complaints == []
            assert await tab.run("window.pwned") is None

    assert east[:2] + east[3:6] == ["east", "up", "1 / 10", "1", "100 %"]
    assert south[1] == "draining"
    assert south[2].endswith(f"by alice, {HOSTILE}")
    assert west[0] == "west"


async def test_without_proxies_there_is_no_panel_of_trunks(
    outring: Outring, tab: Tab
) -> None:
    await entered(tab, outring.url)
    await tab.until("document.querySelectorAll('#nodes li').length")

    assert await tab.run("document.querySelector('#trunks').hidden")


# -- what it does not do -------------------------------------------------------------


async def test_hostile_content_is_text(
    outring: Outring, tab: Tab, sipp: SippFactory
) -> None:
    await entered(tab, outring.url)
    refused = await call(outring, f"sip:a@{HOSTILE}")
    await tab.until(shows("#last-calls", "Invalid request"))
    await tab.until(shows(row_of(refused), HOSTILE))
    await tab.click(row_of(refused))
    await tab.until(shows("#call-facts", "Invalid request"))
    assert HOSTILE in await tab.text("#call-title")
    await tab.click("#call-close")
    await tab.until("!document.querySelector('#call').open")
    phrase = reply(486).replace("Busy Here", HOSTILE)
    async with sipp(invite(), phrase, ack()) as callee:
        busy = await call(outring, callee.uri)
    await tab.until(shows(row_of(busy), NODE))
    await tab.click(row_of(busy))
    await tab.until(shows("#call-facts", f"486 {HOSTILE}"))

    assert NODE in await tab.text("#nodes")
    assert await tab.run("document.querySelectorAll('img').length") == 0
    assert await tab.run("window.pwned") is None
    assert tab.complaints == []


async def test_asks_no_other_host_and_complains_of_nothing(
    outring: Outring, tab: Tab
) -> None:
    await entered(tab, outring.url)
    await tab.until("document.querySelectorAll('#nodes li').length")

    assert tab.complaints == []
    assert {url.removeprefix(outring.url) for url in tab.asked} == {
        "/",
        "/api/v1/campaigns",
        "/page/campaigns.js",
        "/page/page.css",
        "/page/page.js",
        "/page/draw.js",
        "/page/call.js",
        "/page/trunks.js",
        "/page/icon.svg",
        "/api/v1/admin/live",
    }
    entries = "performance.getEntriesByType('resource').map((one) => one.name)"
    assert all(address.startswith(outring.url) for address in await tab.run(entries))


# -- when there is nobody ------------------------------------------------------------


async def test_a_server_that_stops_shows_and_so_does_its_return(
    tmp_path: Path, tab: Tab
) -> None:
    file = configured(tmp_path, settings(free_port(), 36200), PLATFORM)
    async with serving(file) as outring:
        await entered(tab, outring.url)
        outring.signal(signal.SIGTERM)
        await tab.until(shows("#link", "stale since"))
        assert await outring.ended() == 0
    assert await tab.run("document.body.classList.contains('stale')")
    assert await tab.run("document.title") == "not connected · outring"
    async with started(file):
        await live(tab)
        assert not await tab.run("document.body.classList.contains('stale')")


async def test_a_server_that_says_nothing_shows(tmp_path: Path, tab: Tab) -> None:
    async with serving(
        configured(tmp_path, settings(rtp_port=36200), PLATFORM)
    ) as outring:
        await entered(tab, outring.url)
        outring.signal(signal.SIGSTOP)
        await tab.until(shows("#link", "stale since"))
        outring.signal(signal.SIGCONT)
        await live(tab)


# -- on a phone ----------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_phone_needs_no_sideways_scrolling(
    outring: Outring, tab: Tab, sipp: SippFactory, scheme: str
) -> None:
    await tab.look(PHONE, 800, scheme)
    await entered(tab, outring.url)
    async with sipp(invite(), reply(486), ack()) as callee:
        busy = await call(outring, callee.uri)
    await tab.until(shows(row_of(busy), "busy"))

    assert await tab.run("document.documentElement.scrollWidth") <= PHONE
    await tab.click(row_of(busy))
    await tab.until(shows("#call-timeline", "ended"))
    left, right = await tab.run(
        "(({ left, right }) => [left, right])"
        "(document.querySelector('#call').getBoundingClientRect())"
    )
    assert 0 <= left < right <= PHONE
    ground = await tab.run("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(13, 17, 23)") == (scheme == "dark")
