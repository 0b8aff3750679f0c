"""The lab as it runs on Docker. ``make lab-test`` starts it, runs this, and ends it.

Not collected by name, since it needs the containers: their addresses come in
variables of the environment.
"""

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from outring_client import AsyncOutring

from tests.clients.typescript import install_client, run_javascript
from tests.lab.dashboard import Prometheus, exposed, queries

URL = os.environ["LAB_URL"]
REPORTS = os.environ["LAB_WEB_URL"] + "/reports"
PROMETHEUS = os.environ["LAB_PROMETHEUS_URL"]
PROJECT = os.environ["LAB_PROJECT"]
PROCESSES = {"front", "node-1", "node-2"}
ENDING = {"setup", "list"}
"""Containers that do their work, and end."""
LIMIT_S = 60.0
TIMER_B_S = 32.0

View = dict[str, Any]


class Lab:
    """The front end, asked as a client asks it."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self.http = http

    async def ask(
        self, key: str, to: str, action: str = "makeCall", **fields: Any
    ) -> tuple[int, View]:
        """Ask for a call or an application; HTTP status and answer."""
        request = {"action": action, "apiKey": f"key-for-{key}", "to": to, **fields}
        url = f"{URL}/api/v1/bvr/outbound"
        async with self.http.post(url, json=request) as response:
            return response.status, await response.json()

    async def view(self, key: str, answer: View, method: str = "GET") -> View:
        """What is known of a call; with DELETE it is hung up."""
        url = f"{URL}/api/v1/bvr/calls/{answer['applicationUUID']}"
        headers = {"X-API-Key": f"key-for-{key}"}
        async with self.http.request(method, url, headers=headers) as response:
            view: View = await response.json()
            return view

    async def ended(self, key: str, answer: View) -> View:
        """Wait until the record of a call is whole."""
        async with asyncio.timeout(LIMIT_S):
            while (view := await self.view(key, answer))["state"] != "ended":
                await asyncio.sleep(0.1)
        return view

    async def hung_up(self, key: str, answer: View) -> View:
        """Hang a call up; its record."""
        await self.view(key, answer, "DELETE")
        return await self.ended(key, answer)

    async def reported(self, name: str, **fields: str) -> View:
        """Wait for a report of an application."""
        wanted = {"name": name, **fields}
        async with asyncio.timeout(LIMIT_S):
            while True:
                async with self.http.get(REPORTS) as response:
                    reports: list[View] = await response.json()
                for report in reports:
                    if wanted.items() <= report.items():
                        return report
                await asyncio.sleep(0.1)


@pytest.fixture(scope="module")
async def lab() -> AsyncIterator[Lab]:
    """The lab, once its front end knows both nodes."""
    async with aiohttp.ClientSession() as http, asyncio.timeout(None) as limit:
        limit.reschedule(asyncio.get_running_loop().time() + LIMIT_S)
        while not await _knows_both_nodes(http):
            await asyncio.sleep(0.2)
        limit.reschedule(None)
        yield Lab(http)


async def _knows_both_nodes(http: aiohttp.ClientSession) -> bool:
    try:
        async with http.get(f"{URL}/readyz") as response:
            return bool((await response.json())["nodes"] == 2)
    except aiohttp.ClientError:  # Docker takes connections before the front end does
        return False


def _containers() -> list[View]:
    label = f"label=com.docker.compose.project={PROJECT}"
    names = _docker("ps", "--all", "--quiet", "--filter", label).split()
    found: list[View] = json.loads(_docker("inspect", *names))
    return found


def _docker(*words: str) -> str:
    return subprocess.run(
        ["docker", *words], check=True, capture_output=True, text=True
    ).stdout


def _service(container: View) -> str:
    name: str = container["Config"]["Labels"]["com.docker.compose.service"]
    return name


async def test_every_container_is_healthy(lab: Lab) -> None:
    async with asyncio.timeout(LIMIT_S):
        while True:
            health = {
                _service(container): container["State"]["Health"]["Status"]
                for container in _containers()
                if _service(container) not in ENDING
            }
            if set(health.values()) == {"healthy"}:
                break
            await asyncio.sleep(0.5)
    assert PROCESSES | {"redis", "postgresql", "web", "flaky"} <= health.keys()


async def test_set_up_is_done(lab: Lab) -> None:
    ended = {
        _service(container): container["State"]
        for container in _containers()
        if _service(container) in ENDING
    }
    assert ended.keys() == ENDING
    for state in ended.values():
        assert (state["Status"], state["ExitCode"]) == ("exited", 0)


async def test_the_campaign_runs_by_itself(lab: Lab) -> None:
    headers = {"X-API-Key": "key-for-campaign"}
    url = f"{URL}/api/v1/campaigns/lab/attempts"
    outcomes: set[str] = set()
    async with asyncio.timeout(LIMIT_S):
        while not {"person", "busy"} <= outcomes:
            async with lab.http.get(url, headers=headers) as response:
                attempts = (await response.json())["attempts"]
            outcomes = {attempt.get("outcome") for attempt in attempts}
            await asyncio.sleep(0.5)


def test_no_container_runs_as_root() -> None:
    users = {
        _service(container): container["Config"]["User"] for container in _containers()
    }
    assert not {name for name, user in users.items() if user in ("", "root", "0")}


def test_every_container_has_limits() -> None:
    limits = {
        _service(container): (
            container["HostConfig"]["Memory"],
            container["HostConfig"]["PidsLimit"],
        )
        for container in _containers()
    }
    assert not {
        name for name, (memory, pids) in limits.items() if not memory or not pids
    }


@pytest.mark.parametrize("callee", ["answers", "slow"])
async def test_a_call_is_answered(lab: Lab, callee: str) -> None:
    status, answer = await lab.ask("call", f"sip:anybody@{callee}:5060")
    assert (status, answer["result"]) == (200, "Call connected")
    assert answer["timings"]["answer"] > (4900 if callee == "slow" else 450)
    record = await lab.hung_up("call", answer)
    assert record["node"] in PROCESSES - {"front"}
    assert {"received", "invite", "answered", "ended"} <= record["times"].keys()


async def test_a_callee_hangs_up(lab: Lab) -> None:
    _, answer = await lab.ask("call", "sip:anybody@answers:5060")
    record = await lab.ended("call", answer)
    assert 9_000 < record["duration"] < 12_000


async def test_a_callee_is_busy(lab: Lab) -> None:
    status, answer = await lab.ask("call", "sip:anybody@busy:5060")
    assert (status, answer["result"]) == (404, "Call failed")
    assert (answer["sip"]["status"], answer["sip"]["origin"]) == (486, "remote")


async def test_nobody_answers(lab: Lab) -> None:
    hints = {"ring_timeout": 1500}
    status, answer = await lab.ask("call", "sip:anybody@silent:5060", hints=hints)
    assert (status, answer["result"]) == (404, "Call failed")
    assert (answer["sip"]["status"], answer["sip"]["origin"]) == (487, "local-cancel")


DISPOSITIONS = {"answers": "answered", "busy": "busy", "silent": "no_answer"}
BY_NODE = """
import { Outring } from "outring-client";

const outring = new Outring({ url: process.env.LAB_URL, key: "key-for-call" });
const dispositions = {};
for (const callee of ["answers", "busy", "silent"]) {
  const to = `sip:anybody@${callee}:5060`;
  const outcome = await outring.call(to, { hints: { ring_timeout: 1500 }, timeoutS: 1 });
  if (outcome.isAnswered) await outring.hangUp(outcome.applicationUUID);
  const record = await outring.waitUntilEnded(outcome.applicationUUID);
  dispositions[callee] = record.disposition;
}
console.log(JSON.stringify(dispositions));
"""


async def test_calls_by_the_python_client(lab: Lab) -> None:
    dispositions: dict[str, object] = {}
    async with AsyncOutring(URL, "key-for-call") as outring:
        for callee in DISPOSITIONS:
            to = f"sip:anybody@{callee}:5060"
            hints = {"ring_timeout": 1500}
            outcome = await outring.call(to, hints=hints, timeout_s=1)
            if outcome.is_answered:
                await outring.hang_up(outcome.application_uuid)
            record = await outring.wait_until_ended(outcome.application_uuid)
            dispositions[callee] = record.disposition
    assert dispositions == DISPOSITIONS


@pytest.mark.timeout(300)  # for the compiler
async def test_calls_by_the_typescript_client(lab: Lab, tmp_path: Path) -> None:
    install_client(tmp_path)
    printed = await run_javascript(tmp_path, BY_NODE, LAB_URL=URL)
    assert json.loads(printed) == DISPOSITIONS


async def test_both_nodes_have_calls(lab: Lab) -> None:
    calls = [lab.ask("call", f"sip:{number}@answers:5060") for number in range(20)]
    answers = [answer for _, answer in await asyncio.gather(*calls)]
    assert {answer["result"] for answer in answers} == {"Call connected"}
    records = await asyncio.gather(*(lab.hung_up("call", answer) for answer in answers))
    assert {record["node"] for record in records} == {"node-1", "node-2"}


async def test_the_limit_of_an_account(lab: Lab) -> None:
    calls = [lab.ask("few", "sip:anybody@answers:5060") for _ in range(3)]
    answers = [answer for _, answer in await asyncio.gather(*calls)]
    results = sorted(answer["result"] for answer in answers)
    assert results == ["Account call limit", "Call connected", "Call connected"]
    for answer in answers:
        if answer["result"] == "Call connected":
            await lab.hung_up("few", answer)


async def test_a_trunk_fails_over(lab: Lab) -> None:
    """What the flaky trunk refuses or loses reaches its callee through the steady one."""
    for _ in range(3):  # once in 4,096 all of a dozen calls get through the flaky one
        calls = [
            lab.ask("trunk", f"sip:{number}@example.com", timeout=60_000)
            for number in range(12)
        ]
        async with asyncio.timeout(TIMER_B_S + 20):
            answers = [answer for _, answer in await asyncio.gather(*calls)]
        assert {answer["result"] for answer in answers} == {"Call connected"}
        records = await asyncio.gather(
            *(lab.hung_up("trunk", answer) for answer in answers)
        )
        ways = {
            tuple(attempt["proxy"] for attempt in record["attempts"])
            for record in records
        }
        if ("flaky", "steady") in ways:
            return
    pytest.fail(f"no call was tried twice: {ways}")


async def test_an_application_reports(lab: Lab) -> None:
    to = "sip:reported@busy:5060"
    status, answer = await lab.ask("report", to, "startApplication")
    assert (status, answer["result"]) == (200, "Application started")
    report = await lab.reported("call.result", to=to)
    assert report["result"] == "busy"
    assert report["eventsource"].startswith("http://node-")
    record = await lab.ended("report", answer)
    assert [call["sip"]["status"] for call in record["calls"]] == [486]


async def test_an_application_calls_another_one(lab: Lab) -> None:
    second = "sip:second@answers:5060"
    data = {"second": second}
    to = "sip:first@busy:5060"
    _, answer = await lab.ask("failover", to, "startApplication", appData=data)
    report = await lab.reported("failover.result", answered=second)
    assert report["failed.0"] == "busy"
    record = await lab.ended("failover", answer)
    assert [call["sip"]["status"] for call in record["calls"]] == [486, 200]


async def test_an_application_calls_again(lab: Lab) -> None:
    to = "sip:reminded@busy:5060"
    data = {"attempts": "2"}
    _, answer = await lab.ask("remind", to, "startApplication", appData=data)
    report = await lab.reported("reminder.result", to=to)
    assert (report["attempts"], report["result"]) == ("2", "busy")
    await lab.ended("remind", answer)


async def test_confirm(lab: Lab) -> None:
    to = "sip:asked@presses:5060"
    data = {"name": "Ada", "when": "on Monday"}
    _, answer = await lab.ask("confirm", to, "startApplication", appData=data)
    report = await lab.reported("confirm.result", to=to)
    assert report["result"] == "confirmed"
    await lab.ended("confirm", answer)


async def test_confirm_by_voicexml(lab: Lab) -> None:
    to = "sip:voiced@presses:5060"
    _, answer = await lab.ask("ask", to, appData={"name": "Ada"})
    report = await lab.reported("confirm.result", to=to)
    assert report["result"] == "confirmed"
    await lab.ended("ask", answer)


async def test_prometheus_has_every_process(lab: Lab) -> None:
    prometheus = Prometheus(PROMETHEUS, lab.http)
    await _metrics(lab)
    async with asyncio.timeout(LIMIT_S):
        while True:
            up = await prometheus.ask('up{job="outring"} == 1')
            if {member["metric"]["instance"] for member in up} == PROCESSES:
                break
            await asyncio.sleep(0.5)


async def test_the_dashboard_shows_these_calls(lab: Lab) -> None:
    """What has happened above must be seen: a panel that stays empty is wrong."""
    prometheus = Prometheus(PROMETHEUS, lab.http)
    assert {name for query in queries() for name in query.metrics} <= exposed(
        await _metrics(lab)
    )
    wanted = {"Processes", "Version", "Requests", "Calls", "Final SIP responses"}
    async with asyncio.timeout(LIMIT_S):
        while empty := {
            query.panel
            for query in queries()
            if query.panel in wanted and not await prometheus.draws(query)
        }:
            await asyncio.sleep(1)
    assert not empty


async def _metrics(lab: Lab) -> str:
    async with lab.http.get(f"{URL}/metrics") as response:
        assert response.status == 200
        return await response.text()
