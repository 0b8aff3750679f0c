"""Fixtures: one dialer for the whole session, a SIPp callee for each test, and a check
that every test leaves nothing behind.
"""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import aiohttp
import hypothesis
import pjsua2
import psutil
import pytest

from engine.admission.memory_ledger import MemoryLedger
from engine.app.process import RunningProcess, running
from engine.config.settings import (
    AdminSettings,
    DatabaseSettings,
    HttpSettings,
    MediaSettings,
    OverloadSettings,
    RecordingSettings,
    Settings,
    SipSettings,
)
from engine.platform.changes import plan
from engine.platform.object_fields import AS_STORED
from engine.platform.objects import Objects, digest_of
from tests.disk import mounted
from tests.engine.command_forks import forking_process
from tests.platform import ADMIN_TOKEN, KEY, make_objects, store_objects
from tests.redis_server import RedisServer, redis_in
from tests.sipp.runner import Sipp, start_sipp
from tests.sipp.scenario import scenario

SETTLE_S = 10.0

# A shell that runs us in the background ignores it, and children would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

hypothesis.settings.register_profile(
    "ours",
    deadline=None,  # others use the machine, too
    derandomize="CI" in os.environ,  # new examples are found by developers
)
hypothesis.settings.load_profile("ours")

View = dict[str, Any]


SOUND = (
    "tests/engine/applications/test_dialogs.py",
    "tests/engine/applications/test_say.py",
    "tests/engine/applications/test_stream_orders.py",
    "tests/engine/cli/test_demo.py",
    "tests/callprogress/test_calls.py",
    "tests/tones/test_calls.py",
    "tests/callprogress/test_voicemail.py",
    "tests/docs/test_applications.py",
    "tests/docs/test_stream_examples.py",
    "tests/engine/applications/voicexml/test_calls.py",
    "tests/engine/applications/voicexml/test_recordings.py",
    "tests/engine/applications/voicexml/test_transfers.py",
    "tests/engine/applications/voicexml/test_w3c.py",
    "tests/engine/applications/voicexml/test_web_sessions.py",
    "tests/sipp/test_bridge.py",
    "tests/sipp/test_call_recordings.py",
    "tests/sipp/test_callee.py",
    "tests/sipp/test_inband_digits.py",
    "tests/sipp/test_media_ends.py",
    "tests/sipp/test_plays.py",
    "tests/sipp/test_recordings.py",
    "tests/sipp/test_streams.py",
    "tests/sipp/test_watch.py",
)
"""What listens to sound, or makes it: a test that computes would make it late. These wait most of
their time, so that one of them does not disturb another."""


ALONE = (
    "tests/engine/applications/test_load.py",
    "tests/load/test_commands.py",
    "tests/load/test_driver.py",
    "tests/load/test_endurance.py",
    "tests/load/test_flood.py",
    "tests/load/test_hearing.py",
    "tests/load/test_http_fuzz.py",
    "tests/load/test_streams.py",
    "tests/load/test_voicexml_dialogs.py",
    "tests/engine/http/page/test_page.py",
)
"""What needs a core: loads, and a browser."""


MARKED = {"sound": SOUND, "alone": ALONE}


FIRST = (
    "tests/sipp/test_long_waits.py",
    "tests/sipp/test_corpus.py",
    "tests/engine/cluster/",
    "tests/sipp/test_numbers.py",
    "tests/sipp/test_silence.py",
    "tests/fuzz/",
    "tests/engine/applications/test_load.py",
    "tests/engine/store/test_load.py",
    "tests/load/test_endurance.py",
    "tests/load/test_flood.py",
    "tests/sipp/test_load.py",
)
"""What waits long: begun last, other workers would wait for it; and loads, away from sound."""


APART = {"sound": SOUND, "load or alone": ALONE}
"""The files of the later parts of ``make test``, by their marks; a load may stand in any."""


def pytest_ignore_collect(
    collection_path: Path, config: pytest.Config
) -> Literal[True] | None:
    """Leave the files unread in which a later part has no test, which are most."""
    marks = config.getoption("markexpr")
    if marks not in APART or collection_path.suffix != ".py":
        return None
    path = collection_path.relative_to(Path(__file__).parent.parent).as_posix()
    has_load = "load" in marks and "mark.load" in collection_path.read_text()
    return None if path.startswith(APART[marks]) or has_load else True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the slow before the others, and mark what must not share a core with any other."""
    root = Path(__file__).parent.parent
    paths = {item: item.path.relative_to(root).as_posix() for item in items}
    items.sort(key=lambda item: not paths[item].startswith(FIRST))
    for item, path in paths.items():
        for mark, files in MARKED.items():
            if path.startswith(files):
                item.add_marker(mark)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The certificate that the dialer shows and trusts, and its key."""
    return self_signed(tmp_path_factory.mktemp("tls"))


def self_signed(folder: Path) -> tuple[Path, Path]:
    """Make a self-signed certificate for 127.0.0.1 and callee.example in *folder*."""
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
            "subjectAltName=IP:127.0.0.1,DNS:callee.example",
            "-out",
            str(certificate),
            "-keyout",
            str(key),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key


@dataclass
class Dialer:
    """A running outring, asked over HTTP."""

    process: RunningProcess
    http: aiohttp.ClientSession

    async def post(
        self, body: bytes | None = None, **options: object
    ) -> tuple[int, View]:
        """POST *body* or JSON; HTTP status and answer."""
        url = f"{self.process.url}/api/v1/bvr/outbound"
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
        url = f"{self.process.url}/api/v1/bvr/calls/{application_uuid}"
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

    @asynccontextmanager
    async def changed(self, **tables: object) -> AsyncIterator[None]:
        """Change objects of the platform through its store for as long as it takes.

        They are taken as stored ones are, so that a test may have what is refused today.
        """
        store = self.process.store
        before = await store.read_objects()
        changes = Objects.model_validate(tables, context=AS_STORED)
        await store.apply(plan(before, changes))
        try:
            yield
        finally:
            await store.apply(plan(await store.read_objects(), before, prune=True))

    async def hang_up(self, answer: View) -> None:
        """Ask for the end of the call of *answer*."""
        status, _ = await self.calls(answer["applicationUUID"], "DELETE")
        assert status in (200, 202)


@pytest.fixture(scope="session")
def settings(
    certificate: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """Every transport on free ports of loopback."""
    folder = tmp_path_factory.mktemp("database")
    return Settings(
        database=DatabaseSettings(url=f"sqlite:///{folder / 'outring.db'}"),
        admin=AdminSettings(token_sha256=digest_of(ADMIN_TOKEN)),
        http=HttpSettings(port=0),
        overload=OverloadSettings(wait_ms=60_000),  # however slow the machine is
        media=MediaSettings(
            cache_dir=folder / "sounds",
            recordings=folder / "recordings",
            recordings_bytes=5_000_000,
        ),
        recording=RecordingSettings(folder=folder / "calls"),
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
            # Nobody answers there: what every machine knows of names comes from its files.
            nameservers=("127.0.0.1",),
            resolver_timeout_ms=500,
        ),
    )


@pytest.fixture(scope="session")
async def dialer(settings: Settings) -> AsyncIterator[Dialer]:
    """The session's dialer."""
    connector = aiohttp.TCPConnector(force_close=True, limit=0)
    await store_objects(settings.database.url, make_objects())
    async with (
        running(settings) as process,
        aiohttp.ClientSession(connector=connector) as http,
    ):
        yield Dialer(process, http)


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


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """The session's Redis server; each test takes keys of its own there."""
    with redis_in(tmp_path_factory.mktemp("redis") / "server") as server:
        yield server


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of one megabyte."""
    with mounted(tmp_path / "disk"):
        yield tmp_path / "disk"


@pytest.fixture(autouse=True)
async def nothing_left(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    """After every test: no call, leg, task, open file or process more than before."""
    if "dialer" not in request.fixturenames:
        yield
        return
    dialer: Dialer = request.getfixturevalue("dialer")
    forking_process()  # stays for the whole session
    before = _left(dialer)
    yield
    deadline = time.monotonic() + SETTLE_S
    while more := {
        name: value for name, value in _left(dialer).items() if value > before[name]
    }:
        assert time.monotonic() < deadline, f"left behind: {more}, before: {before}"
        await asyncio.sleep(0.02)


def _is_ours(descriptor: Path) -> bool:
    """Whether it is open on behalf of calls; the database and the cache of sounds keep some."""
    try:
        target = str(descriptor.readlink())
    except FileNotFoundError:  # the one that listed the others
        return False
    return "outring.db" not in target and "/sounds/" not in target


def _left(dialer: Dialer) -> dict[str, int]:
    ledger = dialer.process.dialer.calls.ledger
    assert isinstance(ledger, MemoryLedger)
    return {
        "calls": dialer.process.dialer.calls.count,
        "sessions": len(dialer.process.parts.applications),
        "kept": dialer.process.dialer.calls.held_leases,
        "leases": ledger.held_leases,
        "legs": dialer.process.agent.legs,
        "dialogs": dialer.process.parts.media.dialogs,
        "sounds": dialer.process.parts.sounds.holds,
        "ladders": pjsua2.outring_ladders(),
        "ports": pjsua2.outring_ports(),
        "tasks": len(asyncio.all_tasks()),
        "files": sum(map(_is_ours, Path("/proc/self/fd").iterdir())),
        "processes": len(psutil.Process().children(recursive=True)),
    }
