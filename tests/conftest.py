"""Fixtures: one dialer for the whole session, a SIPp callee for each test, and a check
that every test leaves nothing behind.
"""

import asyncio
import hashlib
import os
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest

from engine.app import Node, running
from engine.ledger import MemoryLedger
from engine.platform import (
    Account,
    ApiKey,
    Application,
    OnWaitTimeout,
    Platform,
    PlatformFile,
    Rule,
)
from engine.settings import (
    CallSettings,
    CredentialSettings,
    HttpSettings,
    Settings,
    SipSettings,
)
from tests.sipp.runner import Sipp, start_sipp
from tests.sipp.scenario import scenario

KEY = "key-of-the-tests"
CANCEL_KEY = "key-that-cancels"
HA1 = hashlib.md5(b"outring:hashed:other").hexdigest()  # what digests are made of
EVIL_PATTERN = "(a+)+$"  # minutes for an engine that backtracks
SETTLE_S = 10.0

View = dict[str, Any]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The certificate that the dialer shows and trusts, and its key."""
    return self_signed(tmp_path_factory.mktemp("tls"))


def self_signed(folder: Path) -> tuple[Path, Path]:
    """Make a self-signed certificate for 127.0.0.1 and its key in *folder*."""
    certificate, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=127.0.0.1",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-out",
            str(certificate),
            "-keyout",
            str(key),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key


def make_platform() -> Platform:
    """One account with two applications."""
    return Platform(
        PlatformFile(
            rule=(
                Rule(pattern=".*0900.*", allow=False),
                Rule(pattern="sip:0900-please@.*", allow=True),
                Rule(pattern=EVIL_PATTERN, allow=False),
            ),
            account=(Account(id="acme"), Account(id="small", call_limit=1)),
            application=(
                Application(id="hello", account="acme"),
                Application(id="small", account="small", call_limit=1),
                Application(id="tight", account="acme", call_limit=1),
                Application(id="slow", account="acme", calls_per_second=2),
                Application(id="lost", account="acme-of-old"),
                Application(
                    id="hasty", account="acme", on_wait_timeout=OnWaitTimeout.CANCEL
                ),
            ),
            key=(
                ApiKey(key=KEY, application="hello"),
                ApiKey(key=CANCEL_KEY, application="hasty"),
                ApiKey(key="key-of-small-account", application="small"),
                ApiKey(key="key-of-small-application", application="tight"),
                ApiKey(key="key-of-slow-application", application="slow"),
                ApiKey(key="key-without-application", application="none"),
                ApiKey(key="key-without-account", application="lost"),
            ),
        )
    )


@dataclass
class Dialer:
    """A running outring, asked over HTTP."""

    node: Node
    http: aiohttp.ClientSession

    async def post(
        self, body: bytes | None = None, **options: object
    ) -> tuple[int, View]:
        """POST *body* or JSON; HTTP status and answer."""
        url = f"{self.node.url}/api/v1/bvr/outbound"
        async with self.http.post(url, data=body, **options) as response:  # type: ignore[arg-type]
            return response.status, await response.json()

    async def call(self, to: str, **fields: object) -> tuple[int, View]:
        """Ask for a call; HTTP status and answer."""
        request = {"action": "makeCall", "to": to, "apiKey": KEY, **fields}
        return await self.post(json=request)

    async def calls(
        self, application_uuid: object, method: str = "GET", key: str = KEY
    ) -> tuple[int, View]:
        """Look up or delete one call."""
        url = f"{self.node.url}/api/v1/bvr/calls/{application_uuid}"
        async with self.http.request(
            method, url, headers={"X-API-Key": key}
        ) as response:
            return response.status, await response.json()

    async def until(
        self, application_uuid: object, state: str, limit_s: float = SETTLE_S
    ) -> View:
        """Wait for a state of the call; its last view."""
        async with asyncio.timeout(limit_s):
            while (view := (await self.calls(application_uuid))[1])["state"] != state:
                await asyncio.sleep(0.01)
        return view

    async def ended(self, answer: View, limit_s: float = SETTLE_S) -> View:
        """Wait until the call of *answer* has ended; what is known of it."""
        return await self.until(answer["applicationUUID"], "ended", limit_s)

    async def hang_up(self, answer: View) -> None:
        """Ask for the end of the call of *answer*."""
        status, _ = await self.calls(answer["applicationUUID"], "DELETE")
        assert status in (200, 202)


@pytest.fixture(scope="session")
def settings(certificate: tuple[Path, Path]) -> Settings:
    """Every transport on free ports of loopback."""
    return Settings(
        http=HttpSettings(port=0),
        sip=SipSettings(
            listen=(
                "udp:127.0.0.1:0",
                "udp:[::1]:0",
                "tcp:127.0.0.1:0",
                "tls:127.0.0.1:0",
            ),
            tls_certificate=certificate[0],
            tls_private_key=certificate[1],
            tls_ca=certificate[0],
            max_calls=1500,
            credential=(
                CredentialSettings(realm="hashed", username="outring", ha1=HA1),
                CredentialSettings(username="outring", password="secret"),
            ),
            # Nobody answers there: what every machine knows of names comes from its files.
            nameservers=("127.0.0.1",),
            resolver_timeout_ms=500,
        ),
        call=CallSettings(ended_calls_kept=10_000),
    )


@pytest.fixture(scope="session")
async def dialer(settings: Settings) -> AsyncIterator[Dialer]:
    """The session's dialer."""
    connector = aiohttp.TCPConnector(force_close=True, limit=0)
    async with (
        running(settings, make_platform()) as node,
        aiohttp.ClientSession(connector=connector) as http,
    ):
        yield Dialer(node, http)


SippFactory = Callable[..., AbstractAsyncContextManager[Sipp]]


@pytest.fixture
def sipp(tmp_path: Path) -> SippFactory:
    """``async with sipp(*steps) as callee``: a callee that must go through its scenario."""

    @asynccontextmanager
    async def run(
        *steps: str, file: Path | None = None, **options: object
    ) -> AsyncIterator[Sipp]:
        number = len(list(tmp_path.iterdir()))
        folder = tmp_path / f"callee-{number}"
        folder.mkdir()
        if steps:
            file = folder / "scenario.xml"
            file.write_text(scenario(*steps), encoding="latin-1")
        callee = await start_sipp(file, folder, **options)  # type: ignore[arg-type]
        try:
            yield callee
            try:
                status = await callee.finished()
            except TimeoutError:
                pytest.fail(f"SIPp did not finish:\n{callee.story()}")
            assert status == 0, callee.story()
        finally:
            await callee.end()

    return run


@pytest.fixture(autouse=True)
async def nothing_left(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    """After every test: no call, leg, task, open file or process more than before."""
    if "dialer" not in request.fixturenames:
        yield
        return
    dialer: Dialer = request.getfixturevalue("dialer")
    before = _left(dialer)
    yield
    deadline = time.monotonic() + SETTLE_S
    while more := {
        name: value for name, value in _left(dialer).items() if value > before[name]
    }:
        assert time.monotonic() < deadline, f"left behind: {more}, before: {before}"
        await asyncio.sleep(0.02)


def _left(dialer: Dialer) -> dict[str, int]:
    ledger = dialer.node.dialer._ledger
    assert isinstance(ledger, MemoryLedger)
    return {
        "calls": dialer.node.dialer.live_calls,
        "leases": len(ledger._names),
        "legs": dialer.node.agent.legs,
        "tasks": len(asyncio.all_tasks()),
        "files": len(os.listdir("/proc/self/fd")),
        "processes": len(psutil.Process().children(recursive=True)),
    }
