"""The log of a real process: whole JSON lines, two for each call, and no numbers."""

import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.ccxml.playing import on, processor
from tests.conftest import SippFactory
from tests.engine.applications.conftest import document
from tests.engine.process import KEY, PLATFORM, SETTINGS, Outring, configured, serving
from tests.sipp.scenario import ack, answer, bye, hang_up, invite, reply

NUMBER = "+4915112345678"
MIDDLE = "151123456"
MASKED = "+49****78"
WITH_PROXIES = """
[[proxy]]
id = "first"
address = "{first}"
priority = 1
[[proxy]]
id = "second"
address = "{second}"
priority = 2
[[group]]
id = "usual"
members = ["first", "second"]
default = true
"""


async def ask(outring: Outring, **fields: Any) -> dict[str, Any]:
    request = {"action": "makeCall", "apiKey": KEY, **fields}
    url = f"{outring.url}/api/v1/bvr/outbound"
    async with aiohttp.ClientSession() as http, http.post(url, json=request) as got:
        body: dict[str, Any] = await got.json()
        return body


@asynccontextmanager
async def logging(file: Path) -> AsyncIterator[Outring]:
    """A process that has ended afterwards, with all its log."""
    async with serving(file) as outring:
        yield outring
        outring.process.terminate()
        assert await outring.ended() == 0


def lines(outring: Outring, event: str) -> list[dict[str, Any]]:
    return [entry for entry in outring.log if entry["event"] == event]


@pytest.mark.sipp
async def test_a_call_has_two_lines(tmp_path: Path, sipp: SippFactory) -> None:
    steps = (invite(), reply(180), answer(), ack(), hang_up())
    async with logging(configured(tmp_path)) as outring, sipp(*steps) as callee:
        body = await ask(outring, to=callee.uri_of(NUMBER))
        await outring.logged("call_ended")

    (began,), (ended,) = lines(outring, "call_began"), lines(outring, "call_ended")
    common = {"applicationUUID", "callId", "application", "account"}
    assert {began[name] for name in common} == {ended[name] for name in common}
    assert began["applicationUUID"] == body["applicationUUID"]
    assert began["callId"] == body["headers"]["Call-ID"]
    assert (began["application"], began["account"]) == ("hello", "acme")
    assert began["to"] == f"sip:{MASKED}@127.0.0.1:{callee.port}"
    assert began["proxy"] is None
    assert began["node"]
    assert (ended["result"], ended["status"]) == ("Call connected", 200)
    assert (ended["origin"], ended["attempts"]) == ("remote", 1)
    assert ended["queued_ms"] == body["timings"]["queued"]
    assert 0 < ended["answer_ms"] <= ended["total_ms"]
    assert 0 < ended["talk_ms"] < ended["total_ms"]


@pytest.mark.sipp
async def test_fail_over_is_one_call(tmp_path: Path, sipp: SippFactory) -> None:
    async with (
        sipp(invite(), reply(503), ack()) as first,
        sipp(invite(), reply(486), ack()) as second,
    ):
        proxies = WITH_PROXIES.format(
            first=first.uri_of("proxy"), second=second.uri_of("proxy")
        )
        file = configured(tmp_path, platform=PLATFORM + proxies)
        async with logging(file) as outring:
            body = await ask(outring, to="sip:alice@callee.example")

    (began,), (ended,) = lines(outring, "call_began"), lines(outring, "call_ended")
    assert began["proxy"] == "first"
    assert ended["applicationUUID"] == began["applicationUUID"]
    assert ended["callId"] == body["headers"]["Call-ID"] != began["callId"]
    assert (ended["attempts"], ended["status"]) == (2, 486)


async def test_a_refused_request_has_a_line_only_for_who_looks_for_it(
    tmp_path: Path,
) -> None:
    for level, count in (("info", 0), ("debug", 1)):
        settings = SETTINGS + f'level = "{level}"\n'
        async with logging(configured(tmp_path, settings)) as outring:
            body = await ask(outring, to="no number", callerId=NUMBER)

        assert len(lines(outring, "request_refused")) == count
        assert not lines(outring, "call_began")
    (refused,) = lines(outring, "request_refused")
    assert refused["applicationUUID"] == body["applicationUUID"]
    assert refused["result"] == "Invalid request"


TALKS = document(
    processor(
        on(
            "ccxml.loaded",
            "<log label=\"'calls'\" expr=\"'calls ' + session.values.to\"/>",
            f"<log expr=\"'again {NUMBER}'\"/>",
            "<if cond=\"session.startupmode == 'external'\">"
            "<createcall dest='session.values.to'/></if>",
        ),
        on("connection.connected", f"<script>throw Error('{NUMBER}')</script>"),
    )
)


@pytest.mark.parametrize("shows", [False, True])
@pytest.mark.sipp
async def test_numbers_and_secrets(
    tmp_path: Path, sipp: SippFactory, *, shows: bool
) -> None:
    """Wherever a request, a document or a far end may put them."""
    (tmp_path / "talks.ccxml").write_text(TALKS)
    settings = f"""{SETTINGS}
level = "debug"
numbers = {str(shows).lower()}
[fetch]
folders = ["{tmp_path}"]
"""
    uri = f'account = "acme"\nuri = "file://{tmp_path}/talks.ccxml"'
    file = configured(tmp_path, settings, PLATFORM.replace('account = "acme"', uri))
    steps = (invite(), answer(), ack(), bye())
    async with logging(file) as outring, sipp(*steps, calls=2) as callee:
        to = callee.uri_of(f"{NUMBER}:password")
        headers = {"From": f"<sip:{NUMBER}@127.0.0.1>", "X-Number": NUMBER}
        more = {"headers": headers, "appData": NUMBER}
        for action in ("makeCall", "startApplication"):
            await ask(outring, to=to, action=action, **more)
            await outring.logged("application_ended")
        await ask(outring, to=f"{NUMBER} {NUMBER}", callerId=NUMBER)
        await ask(outring, to=f"sip:{NUMBER}@ {NUMBER}", headers={NUMBER: "x"})
    text = json.dumps(outring.log)

    assert lines(outring, "application_log")
    assert (MIDDLE in text) == shows
    assert (MASKED in text) != shows
    assert KEY not in text


# -- the log of any program that is configured so --------------------------------------

PROGRAM = """
import logging, sys, threading
import structlog
from engine.config.log_config import configure_log
from engine.config.settings import LogSettings
configure_log(LogSettings(format=sys.argv[1]), "one")
log = structlog.get_logger()
"""
LOGS = """
def ours():
    for number in range(500):
        log.info("ours", number=number, more="o" * (number % 7 * 1000))
def theirs():
    for number in range(500):
        logging.getLogger("theirs").warning("number %s", number, extra={"more": "t" * 9000})
"""
AT_ONCE = """
threads = [threading.Thread(target=one) for one in (ours, theirs, ours, theirs)]
for one in threads: one.start()
for one in threads: one.join()
"""
IN_TURN = """
ours()
theirs()
"""
CRASHES = """
def crash(secret):
    raise KeyError("+49 30 123456")
try:
    crash("the-key-of-somebody")
except KeyError as error:
    log.exception("ours", callId="1")
    log.error("handed over", exc_info=error)
    logging.getLogger("theirs").error("theirs", exc_info=True)
log.debug("not told")
log.info("odd", text="\\udc80", thing=object(), to=None)
"""


def run(program: str, form: str = "json", err: Any = subprocess.PIPE) -> str:
    """What *program* logs."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM + program, form],
        stderr=err,
        check=True,
        timeout=30,
    )
    return (done.stderr or b"").decode()


def test_lines_of_ours_and_of_libraries_are_whole() -> None:
    entries = [json.loads(line) for line in run(LOGS + AT_ONCE).splitlines()]

    assert len(entries) == 2000
    assert {(entry["event"], entry.get("logger")) for entry in entries} == {
        ("ours", None),
        *((f"number {number}", "theirs") for number in range(500)),
    }
    assert {entry["process"] for entry in entries} == {"one"}
    assert {(entry["level"], entry.get("logger")) for entry in entries} == {
        ("info", None),
        ("warning", "theirs"),
    }


def test_a_traceback_holds_no_number_and_no_variable() -> None:
    *crashes, odd = [json.loads(line) for line in run(CRASHES).splitlines()]

    assert [crash["event"] for crash in crashes] == ["ours", "handed over", "theirs"]
    for crash in crashes:
        assert "in crash" in crash["exception"]
        assert "KeyError: '+49****56'" in crash["exception"]
    assert "the-key-of-somebody" not in str(crashes)
    assert odd["text"] == "\udc80"


def test_the_same_for_people() -> None:
    text = run(CRASHES, "console")

    assert re.search(r"\[error +\] ours +process=one callId=1", text)
    assert "+49****56" in text
    assert "30 123456'" not in text


def test_a_full_disk_costs_no_call() -> None:
    with Path("/dev/full").open("wb") as full:
        run(LOGS + IN_TURN, err=full)


def test_a_reader_that_is_gone_costs_no_call() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM + LOGS + IN_TURN, "json"], stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        process.stderr.close()
        assert process.wait(30) == 0


def test_a_line_costs_little() -> None:
    """Two of them are on the path of each call."""
    program = """
import time
def lines(count):
    began = time.thread_time()
    for _ in range(count):
        log.info("call_ended", applicationUUID="5a406ce4-c6ce-41cf-99fd-0394464494b3",
            callId="5869e63d-f718-4058-851e-4276b42422c1", to="sip:+4930123456@192.0.2.1")
    return (time.thread_time() - began) / count * 1e6
lines(100)
print(min(lines(500) for _ in range(10)))
"""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM + program, "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
        timeout=30,
    )

    assert float(done.stdout) < 40  # microseconds; about 9 on the machine of the README
