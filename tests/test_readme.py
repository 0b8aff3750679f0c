"""The README says what is true."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest

from engine.config.settings import Settings
from engine.http import make_app
from engine.model.result import Result
from engine.platform.objects import digest_of
from tests.ccxml.playing import EXIT, on, processor
from tests.conftest import SippFactory
from tests.engine.applications.conftest import document
from tests.engine.process import KEY, PLATFORM, SETTINGS, configured, serving
from tests.sipp.scenario import ack, answer, bye, invite, reply

README = (Path(__file__).parent.parent / "README.md").read_text()


def test_table_of_results() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| (\d{3}) \|", README, re.MULTILINE)

    assert rows == [(result.text, str(int(result.http_status))) for result in Result]


def test_no_two_results_share_a_text() -> None:
    assert len({result.text for result in Result}) == len(Result)


def test_every_setting_is_described() -> None:
    described = set(re.findall(r"`(\w+)`", README))
    for section in Settings.model_fields.values():
        table = section.annotation
        assert table is not None
        names = set(table.model_fields)
        assert names <= described


def paths() -> set[tuple[str, str]]:
    """Method and path of every route, as the README has them."""
    app = make_app(*cast(Any, [None] * 7))
    return {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }


def test_every_path_is_described() -> None:
    for method, path in paths():
        assert f"`{method} {path}`" in README


GOOD = ("OK", "Call connected", "Application started")
LISTENS = document(
    processor(on("connection.disconnected", EXIT), on("site.alarm"), on("ccxml.loaded"))
)
CURLS = re.findall(r"^curl .*$", README, re.MULTILINE)


def test_every_path_has_a_curl_line() -> None:
    for method, path in paths():
        if method == "POST" and "/status" in path:
            continue  # the same as GET
        sends = r"(?=.* -d )" if method in ("POST", "PATCH") else r"(?!.* -d ')"
        named = rf"-X {method}" if method in ("PATCH", "DELETE") else r"(?!.*-X)"
        url = re.sub(r"\\{\w+\\}", r"[^ /]+", re.escape(path))
        wanted = re.compile(rf"curl -s (?:-G )?{named}.*\$URL{url}(\?\S*)?( |$)")
        assert any(wanted.match(line) and re.match(sends, line) for line in CURLS), (
            method,
            path,
        )


@pytest.mark.sipp
async def test_curl_lines(tmp_path: Path, sipp: SippFactory) -> None:
    """They do what they say, in the order in which they stand there."""
    steps = (invite(), reply(180), answer(), ack(), bye())
    settings = f"""{SETTINGS}
[admin]
token_sha256 = "{digest_of("the-token")}"

[fetch]
folders = ["{tmp_path}"]
"""
    (tmp_path / "listens.ccxml").write_text(LISTENS)
    uri = f'account = "acme"\nuri = "file://{tmp_path}/listens.ccxml"'
    platform = PLATFORM.replace('account = "acme"', uri)
    async with (
        serving(configured(tmp_path, settings, platform)) as outring,
        sipp(*steps, calls=2) as callee,
    ):
        environment = {"URL": outring.url, "KEY": KEY, "TO": callee.uri}
        environment["TOKEN"] = "the-token"
        (drains,) = [line for line in CURLS if "/nodes/$NODE/drain" in line]
        for line in CURLS:
            if line == drains:
                continue  # it comes last, whatever is listed behind it
            out = await shell(line, environment)
            if "-X DELETE" in line and "/admin/" in line:
                assert out == ""
            elif re.search(r"/docs|/metrics|URL/page/|URL/$", line):
                assert out
            elif "/admin/live" in line:
                assert out.startswith("event: history")
            else:
                body = json.loads(out)
                assert body.get("result", "OK") in GOOD, line
                environment.setdefault("UUID", body.get("applicationUUID", ""))
                if "/admin/nodes" in line:
                    environment["NODE"] = body["nodes"][0]["id"]
                if body.get("result") == "Application started":
                    environment["UUID"] = body["applicationUUID"]
                for session in body["sessions"] if "/trace" in line else ():
                    environment["SESSION"] = session["sessionId"]
        assert environment.keys() >= {"UUID", "SESSION"}
        assert json.loads(await shell(drains, environment)) == {
            "draining": environment["NODE"]
        }
        await outring.logged("draining")
        outring.signal(signal.SIGINT)  # the second one hangs up
        assert await outring.ended() == 0


async def shell(line: str, environment: dict[str, str]) -> str:
    """Standard output of *line*, which must succeed."""
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", line.replace("curl -s", "curl -s --fail-with-body", 1)),
        env={"PATH": "/usr/bin:/bin", **environment},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0, (line, out)
    return out.decode()


@pytest.mark.sipp  # it needs pjsua2
def test_first_steps_as_they_are_written(tmp_path: Path) -> None:
    network = ["unshare", "--net"]
    if os.geteuid() != 0 or subprocess.run([*network, "true"]).returncode != 0:
        pytest.skip("only root may make a network of its own")
    done = subprocess.run(
        [*network, sys.executable, "-m", "tests.first_steps", str(tmp_path)],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        timeout=100,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Call connected, answered  sip:me@127.0.0.1:5070" in done.stdout
    assert "application ended  how exit" in done.stdout
