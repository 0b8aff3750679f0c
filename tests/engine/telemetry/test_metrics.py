"""``/metrics``: docs/metrics.md names every metric, and each of them moves in a real process."""

import asyncio
import re
import signal
import socket
import sqlite3
import sys
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from engine.administration.admin import Admin
from engine.admission.ledger import Capacity
from engine.cluster import RedisConnection, RedisLedger
from engine.model.campaign import CampaignState, NewContact
from engine.model.disposition import Conclusion, Disposition
from engine.model.fault import Fault
from engine.model.result import Result
from engine.platform.objects import KINDS
from engine.store import open_store
from engine.telemetry.metrics import MAX_NAMES, Metrics
from tests import platform
from tests.ccxml.playing import EXIT, on, processor
from tests.conftest import Dialer, SippFactory
from tests.engine.applications.conftest import document
from tests.engine.applications.voicexml.conftest import field as asked
from tests.engine.applications.voicexml.conftest import form, page
from tests.engine.cluster.conftest import connected
from tests.engine.cluster.platform import callee
from tests.engine.process import Outring, configured, started, stored
from tests.engine.webhooks.receiver import SECRET, Receiver, receiving
from tests.engine.webhooks.test_crashes import WEBHOOK
from tests.nats_server import NatsServer, nats_in
from tests.redis_server import RedisServer
from tests.scraping import Scraped, count_of, scraped
from tests.sipp.far_end import open_far_end
from tests.sipp.scenario import ack, answer, bye, cancel, hang_up, invite, pause, reply
from tests.stream_server import stream_server

pytestmark = [pytest.mark.sipp, pytest.mark.timeout(120)]

PAGE = (Path(__file__).parents[3] / "docs/metrics.md").read_text()
ROWS = re.findall(r"^\| `(outring_\w+)` \| (\w+) \|(.*?)\|", PAGE, re.MULTILINE)
CONSTANT = {"outring_build_info"}
ACCOUNT = {"scope": "account", "name": "acme"}
LIMIT_S = 20.0
BAD = 150  # requests without an action
LATE = 10  # requests that come while the process stands still
CONNECTIONS = 50  # that there may be of one address
LAG_S = 0.05  # more is too much, as overload.lag_ms has it

# The same program with watchdogs that have less patience than far ends are owed, and
# for which every step of a document is slow. Its samples crash once a file is there.
HASTY = """
from pathlib import Path
import engine.calls.call_session, sip.leg_tracker
from engine.applications import slow_lane
engine.calls.call_session.HANG_UP_GUARD_S, sip.leg_tracker.HANG_UP_LIMIT_S = 0.3, 1.0
slow_lane.SLOW_S = 0.0
from engine.monitoring import Samples
take, file = Samples.take, Path("{crash}")
def crash(self):
    if file.exists():
        file.unlink()
        raise RuntimeError("once")
    take(self)
Samples.take = crash
from engine.__main__ import main
main()
"""
SETTINGS = """
[http]
port = 0
head_timeout_ms = 300
max_connections_per_address = {most}
[node]
name = "one"
[sip]
listen = ["udp:127.0.0.1:0"]
[log]
format = "json"
[ccxml]
max_idle_ms = 1000
kill_grace_ms = 100
[record]
waiting_limit = 100
[redis]
url = "{redis}"
prefix = "{prefix}"
[nats]
urls = ["{nats}"]
"""
PLATFORM = """
[[account]]
id = "acme"
call_limit = 10
[[application]]
id = "hello"
account = "acme"
record = "always"
[[application]]
id = "slow"
account = "acme"
calls_per_second = 5
[[application]]
id = "through"
account = "acme"
proxy_group = "all"
[[proxy]]
id = "east"
mode = "REWRITE_DESTINATION"
address = "sip:192.0.2.1"
[[group]]
id = "all"
members = ["east"]
[[campaign]]
id = "spring"
application = "hello"
retries.after = {{ not_placed = [] }}
[[campaign]]
id = "autumn"
application = "hello"
retries.after = {{ not_placed = [] }}
[[application]]
id = "waits"
account = "acme"
uri = "file://{folder}/waits.ccxml"
[[application]]
id = "wrong"
account = "acme"
uri = "file://{folder}/wrong.ccxml"
[[application]]
id = "asks"
account = "acme"
type = "VXML"
uri = "file://{folder}/asks.vxml"
[[application]]
id = "talks"
account = "acme"
type = "STREAM"
[application.stream]
on_lost = "reconnect"
allowed_urls = ["ws://127.0.0.1:.*"]
"""
APPLICATIONS = (
    *("hello", "slow", "waits", "wrong", "asks", "talks", "through", "nowhere"),
)
ASKS = page(
    form(
        asked(
            '<prompt timeout="500ms"><break time="1ms"/></prompt>'
            '<noinput><throw event="error.nobody"/></noinput>'
        )
    )
)
NO_MENU = (
    "<dialogprepare type=\"'application/x-outring-menu+json'\" src=\"'no menu'\"/>"
)
FOR_EVER = document(
    processor(on("ccxml.loaded", NO_MENU), on("error.dialog.*"), on("ccxml.kill", EXIT))
)


def key(application: str) -> str:
    return f"key-of-{application}"


@dataclass
class Story:
    """A process to which things happen, and what it told in between."""

    outring: Outring
    http: aiohttp.ClientSession
    redis: RedisConnection
    nats: NatsServer
    folder: Path
    receiver: Receiver
    told: list[Scraped] = field(default_factory=list)
    late: int = 0  # requests that found it behind with its work

    async def ask(
        self, application: str, action: str = "makeCall", **more: object
    ) -> dict[str, Any]:
        """An outbound request; its answer."""
        request = {"action": action, "apiKey": key(application), **more}
        url = f"{self.outring.url}/api/v1/bvr/outbound"
        async with self.http.post(url, json=request) as response:
            body: dict[str, Any] = await response.json()
            return body

    async def end(self, application: str, answer: dict[str, Any]) -> None:
        """Ask for the end of what *answer* has begun."""
        url = f"{self.outring.url}/api/v1/bvr/calls/{answer['applicationUUID']}"
        headers = {"X-API-Key": key(application)}
        async with self.http.delete(url, headers=headers) as response:
            assert response.status in (200, 202)

    async def live(self, application: str) -> dict[str, Any]:
        """The one call that lives."""
        url = f"{self.outring.url}/api/v1/bvr/calls"
        headers = {"X-API-Key": key(application)}
        async with self.http.get(url, headers=headers) as response:
            found: dict[str, Any]
            (found,) = (await response.json())["calls"]
            return found

    async def until(self, holds: Callable[[Scraped], object]) -> Scraped:
        """Look until *holds*; what is told then."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                self.told.append(await scraped(self.http, self.outring.url))
                if holds(self.told[-1]):
                    return self.told[-1]
                await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
async def story(
    tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer
) -> AsyncIterator[Story]:
    """A process that has been through everything."""
    folder = tmp_path_factory.mktemp("metrics")
    with nats_in(folder / "nats") as nats:
        async with beginning(folder, redis_server, nats) as story:
            async with a_webhook_that_is_slow(story):
                await calls_of_all_sorts(story)
            await calls_that_do_not_end(story)
            await a_stranger(story)
            await applications(story)
            await a_voice(story)
            await a_server_that_talks(story)
            await a_proxy(story)
            await too_many_records(story)
            await leases_of_nobody(story)
            await another_limit(story)
            await a_campaign(story)
            await a_crash(story)
            await clients_that_are_none(story)
            await more_than_it_can_do(story)
            await a_stream_that_is_away(story)
            yield story


@asynccontextmanager
async def beginning(
    folder: Path, redis_server: RedisServer, nats: NatsServer
) -> AsyncIterator[Story]:
    prefix = f"test-{uuid.uuid4()}"
    keys = "".join(
        f'[[key]]\nkey = "{key(name)}"\napplication = "{name}"\n'
        for name in APPLICATIONS
    )
    settings = SETTINGS.format(
        redis=redis_server.url, prefix=prefix, most=CONNECTIONS, nats=nats.url
    )
    settings += f'[fetch]\nfolders = ["{folder}"]\n'
    objects = PLATFORM.format(folder=folder) + keys
    (folder / "waits.ccxml").write_text(FOR_EVER)
    (folder / "wrong.ccxml").write_text("<ccxml")
    (folder / "asks.vxml").write_text(ASKS)
    hasty = HASTY.format(crash=folder / "crash")
    async with (
        receiving() as receiver,
        _stored_and_started(folder, settings, objects, receiver, hasty) as outring,
        aiohttp.ClientSession() as http,
        connected(redis_server.url, prefix=prefix) as redis,
    ):
        reading = asyncio.create_task(_read(outring))
        story = Story(outring, http, redis, nats, folder, receiver)
        ask = {"to": "sip:nobody@127.0.0.1:1;transport=tcp"}
        async with asyncio.timeout(LIMIT_S):  # Redis counts as restored by then
            while (await story.ask("hello", **ask))["result"] != "Call failed":
                await asyncio.sleep(0.1)
        await start_campaign(folder, "spring")
        while not _has_begun(await scraped(http, outring.url)):
            await asyncio.sleep(0.05)
        await story.until(lambda told: told.types)
        yield story
        outring.process.terminate()
        async with asyncio.timeout(LIMIT_S):
            await reading


@asynccontextmanager
async def _stored_and_started(
    folder: Path, settings: str, objects: str, receiver: Receiver, program: str
) -> AsyncIterator[Outring]:
    file = configured(folder, settings, objects + WEBHOOK.format(receiver.uri, SECRET))
    await stored(file)
    async with started(file, [sys.executable, "-c", program]) as outring:
        yield outring


def _has_begun(told: Scraped) -> bool:
    """Whether the webhook has got something, and the campaign has tried somebody."""
    labels = {"webhook": "crm", "outcome": "taken"}
    return "outring_webhook_waiting" in told.labels and bool(
        told.of("outring_webhook_deliveries_total")
        and told.value("outring_webhook_deliveries_total", **labels)
        and told.of("outring_campaign_attempts_total")
        and told.of("outring_campaign_lines")
    )


@asynccontextmanager
async def a_webhook_that_is_slow(story: Story) -> AsyncIterator[None]:
    """It takes no event of what happens meanwhile until that was told."""
    looked = asyncio.Event()

    async def wait(_: object) -> int:
        await looked.wait()
        return 200

    story.receiver.respond = wait
    yield
    await story.until(
        lambda told: told.value("outring_webhook_oldest_seconds", webhook="crm")
    )
    looked.set()
    await story.until(
        lambda told: not told.value("outring_webhook_waiting", webhook="crm")
    )


async def a_campaign(story: Story) -> None:
    """A second one runs, whose first contact has no route either."""
    await start_campaign(story.folder, "autumn")
    labels = {"campaign": "autumn", "outcome": "not_placed"}
    await story.until(
        lambda told: told.value("outring_campaign_attempts_total", **labels)
    )


async def start_campaign(folder: Path, name: str) -> None:
    """Start a campaign with a contact who has no route, and another for next year."""
    now = time.time()
    contacts = [
        NewContact("eve", ("+4930123456",)),
        NewContact("adam", ("+4930123457",), not_before=now + 365 * 86_400),
    ]
    store = await open_store(f"sqlite:///{folder / 'outring.db'}", busy_timeout_s=5)
    try:
        await store.contacts.import_contacts(name, contacts, now)
        await store.campaigns.change_state(
            name, [*CampaignState], CampaignState.RUNNING, now=now
        )
    finally:
        await store.aclose()


async def _read(outring: Outring) -> None:
    """Read the log, so that the process can go on writing."""
    assert outring.process.stderr is not None
    async for _ in outring.process.stderr:
        pass


async def calls_of_all_sorts(story: Story) -> None:
    """One answered, one busy, one for nobody's platform, two for one turn."""
    talks = (invite(), reply(180), answer(), ack(), bye())
    busy = (invite(), reply(486, "Expires: never"), ack())
    async with callee(story.folder, *talks) as talking:
        body = await story.ask("hello", to=talking.uri)
        assert body["result"] == "Call connected"
        await story.until(lambda told: told.value("outring_calls", state="connected"))
        assert story.told[-1].value("outring_slots_held", **ACCOUNT) == 1
        await story.end("hello", body)
        await story.until(lambda told: not told.value("outring_calls", state="ended"))
    async with callee(story.folder, *busy) as refusing:
        await asyncio.gather(
            *(story.ask("slow", to=refusing.uri) for _ in range(2)),
            story.ask("nowhere", to=refusing.uri),
            story.ask("hello", to="no number"),
        )


async def calls_that_do_not_end(story: Story) -> None:
    """The far end rings, and answers neither INVITE nor CANCEL."""
    deaf = (invite(), reply(180), cancel(), pause(60_000))
    async with callee(story.folder, *deaf) as ringing:
        asked = asyncio.create_task(story.ask("hello", to=ringing.uri))
        await ringing.invited()
        await story.end("hello", await story.live("hello"))
        assert (await asked)["sip"]["origin"] == "local-cancel"
        await story.until(
            lambda told: told.value("outring_watchdog_acts_total", act="forced_end")
        )


async def a_stranger(story: Story) -> None:
    """Somebody who was called registers, which nobody may."""
    refused = {"method": "REGISTER", "status": "405"}
    async with open_far_end() as far:
        asked = asyncio.create_task(story.ask("hello", to=far.uri))
        call = await far.invited()
        far.respond(call.invite, 486)
        await far.request("ACK")
        assert (await asked)["result"] == "Call failed"
        await far.response_to(far.outside("REGISTER"), call.invite.source)
    await story.until(
        lambda told: told.value("outring_sip_requests_refused_total", **refused)
    )


async def applications(story: Story) -> None:
    """One whose document is wrong, one that is ended since it waits for nothing."""
    wrong = await story.ask("wrong", "startApplication")
    assert wrong["result"] == "CCXML error"
    await story.ask("waits", "startApplication")
    await story.until(lambda told: told.value("outring_ccxml_sessions"))
    await story.until(lambda told: not told.value("outring_ccxml_sessions"))


async def a_voice(story: Story) -> None:
    """One that asks for a key, and ends in an error since none is pressed."""
    talks = (invite(), answer(), ack(), bye())
    async with callee(story.folder, *talks) as talking:
        body = await story.ask("asks", to=talking.uri)
        assert body["result"] == "Call connected"
        await story.until(lambda told: told.value("outring_vxml_sessions"))
        await story.until(lambda told: not told.value("outring_ccxml_sessions"))


async def a_server_that_talks(story: Story) -> None:
    """One loses its WebSocket, takes back what it has said, and closes it."""
    talks = (invite(), answer(), ack(), bye())
    async with stream_server() as server, callee(story.folder, *talks) as talking:
        hints = {"stream_url": f"ws://127.0.0.1:{server.port}/"}
        body = await story.ask("talks", to=talking.uri, hints=hints)
        assert body["result"] == "Call connected"
        connection = await server.connection()
        await connection.got("start")
        connection.abort()
        connection = await server.connection(2)
        await connection.got("start")
        await story.until(lambda told: told.value("outring_streams"))
        await connection.say([1000] * 8000)
        await connection.mark("said")
        await connection.clear()
        await connection.got("mark")
        await connection.got("media", 5)
        await connection.close()
        await story.until(
            lambda told: told.value("outring_streams_total", end="closed")
        )


async def a_proxy(story: Story) -> None:
    """A call goes through one, which drains then."""
    talks = (invite(), reply(180), answer(), ack(), bye())
    async with callee(story.folder, *talks) as talking:
        file, address = (
            story.folder / "platform.toml",
            f"sip:{talking.uri.rpartition(chr(64))[2]}",
        )
        file.write_text(file.read_text().replace("sip:192.0.2.1", address))
        await stored(story.folder / "outring.toml")
        body = await story.ask("through", to="+441632960000")
        assert body["result"] == "Call connected"
        await story.until(lambda told: told.value("outring_proxy_calls", proxy="east"))
        await story.end("through", body)
        await story.until(lambda told: not told.value("outring_calls", state="ended"))
    store = await open_store(f"sqlite:///{story.folder}/outring.db")
    await Admin(store).pause(KINDS["proxy"], "east", reason="fire", by="alice")
    await store.aclose()
    drains = {"proxy": "east", "state": "draining"}
    await story.until(lambda told: told.value("outring_proxy_state", **drains))


async def too_many_records(story: Story) -> None:
    """Somebody else keeps the database for himself."""
    with closing(sqlite3.connect(story.folder / "outring.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        for _ in range(BAD):
            await story.ask("hello", "nothing")
        await story.until(lambda told: told.value("outring_records_lost_total"))


async def leases_of_nobody(story: Story) -> None:
    """A process dies that held slots."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.cluster.redis_ledger.LEASE_S", 0.1)
        capacity = Capacity("account:acme", 10, Result.ACCOUNT_CALL_LIMIT)
        await RedisLedger(story.redis).acquire("of-the-dead", (capacity,), ())
    await story.until(lambda told: told.value("outring_leases_lapsed_total"))


async def a_crash(story: Story) -> None:
    """Something that goes on for ever does not, for a moment."""
    (story.folder / "crash").touch()
    labels = {"task": "samples"}
    await story.until(
        lambda told: told.value("outring_background_restarts_total", **labels)
    )


async def another_limit(story: Story) -> None:
    """The account may call more."""
    file = story.folder / "platform.toml"
    file.write_text(file.read_text().replace("call_limit = 10", "call_limit = 11"))
    await stored(story.folder / "outring.toml")
    await story.until(lambda told: told.value("outring_slots_limit", **ACCOUNT) == 11)


async def clients_that_are_none(story: Story) -> None:
    """One sends what is no request, and too many say nothing until they are shown out."""
    port = int(story.outring.url.rpartition(":")[2])
    with ExitStack() as stack:
        for _ in range(CONNECTIONS):  # the story has one of its own
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        await story.until(
            lambda told: told.value(
                "outring_http_connections_refused_total", limit="address"
            )
        )
        await story.until(
            lambda told: told.value("outring_http_timeouts_total", awaited="head")
        )
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"nonsense\r\n\r\n")
        await story.until(
            lambda told: told.value("outring_http_malformed_requests_total")
        )


async def a_stream_that_is_away(story: Story) -> None:
    """NATS dies and comes back, while requests go on."""
    nats = {"target": "nats"}
    await story.until(lambda told: told.value("outring_export_active", **nats))
    story.nats.kill()
    await story.ask("hello", to="no number")
    await story.until(lambda told: told.value("outring_export_waiting", **nats))
    await story.until(lambda told: told.value("outring_export_failures_total", **nats))
    story.nats.start()
    await story.until(lambda told: not told.value("outring_export_waiting", **nats))


async def more_than_it_can_do(story: Story) -> None:
    """It stands still for a moment, and requests come meanwhile."""
    while True:
        story.outring.process.send_signal(signal.SIGSTOP)
        asked = [
            asyncio.create_task(story.ask("hello", "nothing")) for _ in range(LATE)
        ]
        await asyncio.sleep(2 * LAG_S)  # so that there is a lag
        story.outring.process.send_signal(signal.SIGCONT)
        story.late += len(await asyncio.gather(*asked))
        told = await story.until(lambda told: told.types)
        if told.value("outring_overload_total", act="waited"):
            return


# -- what the page says ----------------------------------------------------------------


def test_every_metric_is_described(story: Story) -> None:
    told = story.told[-1]
    ours = {name for name in told.types if name.startswith("outring_")}

    assert {name: kind for name, kind, _ in ROWS} == {
        name: told.types[name] for name in ours
    }


@pytest.mark.parametrize(
    ("name", "labels"), [(name, labels) for name, _, labels in ROWS]
)
def test_every_label_is_described(story: Story, name: str, labels: str) -> None:
    assert story.told[-1].labels[name] == set(re.findall(r"`(\w+)`", labels))


@pytest.mark.parametrize("name", [name for name, *_ in ROWS])
def test_every_metric_moves(story: Story, name: str) -> None:
    states = {frozenset(told.of(name).items()) for told in story.told}

    assert frozenset() not in states, "it is not there"
    assert (len(states) > 1) == (name not in CONSTANT)


def test_what_prometheus_reads_of_the_process(story: Story) -> None:
    names = {"process_cpu_seconds_total", "process_open_fds", "python_info"}

    assert names <= story.told[-1].types.keys()


# -- what the story was ------------------------------------------------------------------


def test_what_the_story_counted(story: Story) -> None:
    first, last = story.told[0], story.told[-1]

    def grew(name: str, /, **labels: str) -> float:
        return last.value(name, **labels) - first.value(name, **labels)

    results = {"No application found": 1, "Call connected": 4, "Call failed": 4}
    for result, count in results.items():
        labels = {"action": "makeCall", "result": result}
        assert grew("outring_requests_total", **labels) == count
    refused = {"action": "none", "result": "Invalid action"}
    assert grew("outring_requests_total", **refused) == BAD + story.late
    assert grew("outring_queue_wait_seconds_count") == 1
    assert grew("outring_leases_lapsed_total") == 1
    refused = {"method": "REGISTER", "status": "405"}
    assert grew("outring_sip_requests_refused_total", **refused) == 1
    assert grew("outring_sip_messages_malformed_total", outcome="repaired") == 2
    for act in ("hang_up_report", "forced_end", "session_end"):
        assert grew("outring_watchdog_acts_total", act=act) == 1
    assert grew("outring_ccxml_sessions_total") == 2
    assert grew("outring_ccxml_errors_total") == 2
    for name in ("sessions", "errors"):
        assert grew(f"outring_vxml_{name}_total") == 1
    for name in ("attempts_total", "answers_total", "post_dial_delay_seconds_count"):
        assert grew(f"outring_proxy_{name}", proxy="east") == 1
    assert grew("outring_dialogs_total", end="refused") == 1
    assert grew("outring_stream_reconnects_total") == 1
    assert grew("outring_stream_clear_seconds_count") == 1
    assert {fault: grew("outring_failures_total", fault=fault) for fault in Fault} == {
        "client": BAD
        + story.late
        + 5,  # no number twice or no route, the document, and the call that was hung up
        "callee": 3,
        "trunk": 0,
        "us": 1,
    }
    outcomes = {
        disposition: sum(
            grew("outring_outcomes_total", application=name, disposition=disposition)
            for name in (*APPLICATIONS, "none")
        )
        for disposition in Disposition
    }
    refusals = BAD + story.late + 4  # no number twice or no route, and the document
    assert {name: count for name, count in outcomes.items() if count} == {
        "answered": 4,
        "busy": 3,
        "cancelled": 1,
        "failed": 1,
        "refused": refusals,
    }


CASES = {
    "answered": (
        (invite(), reply(180), answer(), ack(), hang_up()),
        {},
        {
            "outring_sip_responses_total 200 remote": 1,
            "outring_outcomes_total answered": 1,
            "outring_requests_total Call connected": 1,
            "outring_request_to_invite_seconds_count": 1,
            "outring_answer_to_response_seconds_count": 1,
            "outring_request_seconds_count": 1,
        },
    ),
    "busy": (
        (invite(), reply(486), ack()),
        {},
        {
            "outring_sip_responses_total 486 remote": 1,
            "outring_outcomes_total busy": 1,
            "outring_requests_total Call failed": 1,
            "outring_failures_total callee": 1,
            "outring_request_to_invite_seconds_count": 1,
            "outring_request_seconds_count": 1,
        },
    ),
    "nobody comes to the phone": (
        (invite(), reply(180), cancel(), reply(487), ack()),
        {"hints": {"ring_timeout": 1000}},
        {
            "outring_sip_responses_total 487 local-cancel": 1,
            "outring_outcomes_total no_answer": 1,
            "outring_requests_total Call failed": 1,
            "outring_failures_total callee": 1,
            "outring_request_to_invite_seconds_count": 1,
            "outring_request_seconds_count": 1,
        },
    ),
    "the wait runs out, and the call with it": (
        (invite(), reply(180), cancel(), reply(487), ack()),
        {"timeout": 300, "apiKey": platform.CANCEL_KEY},
        {
            "outring_sip_responses_total 487 local-cancel": 1,
            "outring_outcomes_total cancelled": 1,
            "outring_requests_total Request timeout": 1,
            "outring_failures_total client": 1,
            "outring_request_to_invite_seconds_count": 1,
            "outring_request_seconds_count": 1,
        },
    ),
    "the trunk is out of order": (
        (invite(), reply(503), ack()),
        {},
        {
            "outring_sip_responses_total 503 remote": 1,
            "outring_outcomes_total congestion": 1,
            "outring_requests_total Call failed": 1,
            "outring_failures_total trunk": 1,
            "outring_request_to_invite_seconds_count": 1,
            "outring_request_seconds_count": 1,
        },
    ),
}


@pytest.mark.parametrize(("steps", "fields", "counts"), CASES.values(), ids=CASES)
async def test_what_one_call_counts(
    dialer: Dialer,
    sipp: SippFactory,
    steps: tuple[str, ...],
    fields: dict[str, Any],
    counts: dict[str, int],
) -> None:
    before = await counted(dialer)
    async with sipp(*steps) as callee:
        await dialer.call(callee.uri, **fields)

    assert await counts_since(before, dialer) == counts


async def test_a_replay_counts_as_a_request_and_nothing_else(
    dialer: Dialer, sipp: SippFactory
) -> None:
    request = {"action": "makeCall", "apiKey": platform.KEY}
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    async with sipp(invite(), reply(486), ack()) as callee:
        request["to"] = callee.uri
        _, first = await dialer.post(json=request, headers=headers)
    before = await counted(dialer)
    _, again = await dialer.post(json=request, headers=headers)

    assert again == first
    assert await counts_since(before, dialer) == {
        "outring_requests_total Call failed": 1,
        "outring_request_seconds_count": 1,
    }


async def test_fail_over_counts_each_invite(dialer: Dialer, sipp: SippFactory) -> None:
    async with (
        sipp(invite(), reply(503), ack()) as first,
        sipp(invite(), reply(486), ack()) as second,
    ):
        proxies = [
            {"id": "first", "address": first.uri_of("proxy"), "priority": 1},
            {"id": "second", "address": second.uri_of("proxy"), "priority": 2},
        ]
        group = {"id": "usual", "members": ["first", "second"], "default": True}
        async with dialer.changed(proxy=proxies, group=[group]):
            before = await counted(dialer)
            await dialer.call("sip:alice@callee.example")

    assert await counts_since(before, dialer) == {
        "outring_sip_responses_total 503 remote": 1,
        "outring_sip_responses_total 486 remote": 1,
        "outring_outcomes_total busy": 1,
        "outring_proxy_attempts_total first": 1,
        "outring_proxy_attempts_total second": 1,
        "outring_requests_total Call failed": 1,
        "outring_failures_total callee": 1,
        "outring_request_to_invite_seconds_count": 1,
        "outring_request_seconds_count": 1,
    }


async def counted(dialer: Dialer) -> Counter[str]:
    """All counts by name and those labels that the tests are about."""
    told = await scraped(dialer.http, dialer.process.url)
    counts: Counter[str] = Counter()
    for (name, labels), value in told.samples.items():
        if name.startswith("outring_overload"):
            continue  # that is of the machine, not of the call
        if name.startswith("outring_") and name.endswith(("_total", "_count")):
            shown = dict(labels)
            for label in ("action", "application"):
                shown.pop(label, None)
            shown = {name: shown[name] for name in sorted(shown, reverse=True)}
            counts[" ".join([name, *shown.values()])] += int(value)
    return counts


async def counts_since(before: Counter[str], dialer: Dialer) -> Counter[str]:
    """What has been counted since, once no call is left."""
    async with asyncio.timeout(LIMIT_S):
        while dialer.process.dialer.calls.count:
            await asyncio.sleep(0.01)
    return await counted(dialer) - before


def test_applications_beyond_the_bound_are_counted_together() -> None:
    metrics, answered = Metrics(), Conclusion(Disposition.ANSWERED)
    names = [f"a{number}" for number in range(MAX_NAMES + 2)]
    for name in (*names, *names, None):
        metrics.count_disposition(answered, name)
    metrics.count_disposition(None, "new")

    counts = {
        labels[0]: count_of(counter)
        for labels, counter in metrics.outcomes.items()
        if labels[1] == Disposition.ANSWERED
    }
    assert len(counts) == MAX_NAMES + 2
    assert (counts["a0"], counts["other"], counts["none"]) == (2, 4, 1)
