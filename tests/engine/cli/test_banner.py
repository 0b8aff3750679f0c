"""What ``outring serve`` tells a person at its start."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from engine.cli.banner import describe_process
from engine.config.settings import Settings
from tests.engine.process import COMMAND, ENVIRONMENT, LIMIT_S, SETTINGS, configured

URL = "http://127.0.0.1:9698"
TOKEN = {"admin": {"token_sha256": "0" * 64}}


def lines_of(url: str = URL, **tables: Any) -> dict[str, str]:
    return dict(describe_process(Settings.model_validate(tables), url))


def test_it_says_where_everything_is() -> None:
    lines = lines_of()

    assert lines["API"] == f"{URL}/api/v1/bvr/outbound"
    assert (lines["live page"], lines["docs"]) == (f"{URL}/", f"{URL}/docs")
    assert lines["SIP"] == "udp:127.0.0.1:5060"


@pytest.mark.parametrize(
    ("url", "tables", "api", "reached"),
    [
        (URL, {}, URL, "from this machine alone (http.host is 127.0.0.1)"),
        ("http://0.0.0.0:80", {"http": {"host": "0.0.0.0"}}, "http://127.0.0.1:80", "from every network"),
        ("http://[::]:80", {"http": {"host": "::"}}, "http://[::1]:80", "from every network"),
        ("https://192.0.2.1:1", {"http": {"host": "192.0.2.1"}}, "https://192.0.2.1:1", "at 192.0.2.1"),
    ],
    ids=["loopback", "everywhere", "everywhere by IPv6", "an address"],
)  # fmt: skip
def test_it_says_from_where_it_is_reached(
    url: str, tables: dict[str, Any], api: str, reached: str
) -> None:
    lines = lines_of(url, **tables)

    assert lines["API"] == f"{api}/api/v1/bvr/outbound"
    assert lines["reached"] == reached


def test_it_says_whom_calls_reach() -> None:
    wide = lines_of(sip={"listen": ["udp:0.0.0.0:5060"], "max_calls": 7})

    assert "this machine alone" in lines_of()["calls"]
    assert wide["calls"] == "to whoever the listeners reach, 7 at once"
    assert "calls" not in lines_of(node={"role": "front"})


def test_it_says_what_is_off() -> None:
    assert "admin API and live page" in lines_of()["off"]
    assert "admin API" not in lines_of(**TOKEN)["off"]
    assert "off" in lines_of(**TOKEN, redis={"url": "redis://127.0.0.1"})


@pytest.mark.sipp  # it needs pjsua2
async def test_only_a_terminal_gets_it(tmp_path: Path) -> None:
    file = configured(tmp_path, SETTINGS)
    terminal, side = os.openpty()
    process = await asyncio.create_subprocess_exec(
        *(*COMMAND, "serve", "--config", str(file)),
        stdout=side,
        stderr=asyncio.subprocess.PIPE,
        env=ENVIRONMENT,
    )
    os.close(side)
    try:
        assert process.stderr is not None
        async with asyncio.timeout(LIMIT_S):
            while b'"serving"' not in await process.stderr.readline():
                pass
        shown = await asyncio.to_thread(os.read, terminal, 10_000)
    finally:
        process.send_signal(signal.SIGTERM)
        await process.communicate()
        os.close(terminal)

    assert b"live page" in shown
    assert b"from this machine alone" in shown
