"""A platform of two versions, as while it is upgraded: the old one began it."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from engine.store import RecordFilter, open_store
from tests.conftest import SippFactory
from tests.engine.process import COMMAND, KEY, PLATFORM, Outring, patched, started
from tests.redis_server import RedisServer
from tests.sipp.scenario import ack, answer, hang_up, invite, pause, reply

pytestmark = [pytest.mark.sipp, pytest.mark.timeout(180)]

ROOT = Path(__file__).parents[3]
OLD = "23c641e"
"""The commit that stands for the version before: the last one before a migration."""
LIMIT_S = 20.0


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """What runs ``outring`` of the version before, with the pjsua2 of this one."""
    tree = tmp_path_factory.mktemp("old") / "outring"
    git = ["git", "-C", str(ROOT), "worktree"]
    done = subprocess.run(
        [*git, "add", "--detach", str(tree), OLD],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"this checkout has no commit {OLD}: {done.stderr}")
    yield patched(f"import sys; sys.path.insert(0, {str(tree)!r})")
    subprocess.run([*git, "remove", "--force", str(tree)], check=True)


class Platform:
    """Processes of both versions on one Redis and one database."""

    def __init__(self, folder: Path, redis_url: str, old: list[str]) -> None:
        self.folder = folder
        self.url = f"sqlite:///{folder / 'outring.db'}"
        self._redis_url = redis_url
        self._old = old

    async def begin(self) -> None:
        """Have the old version make the database."""
        objects = self.folder / "platform.toml"
        objects.write_text(PLATFORM)
        file = self._configure("apply", "all")
        command = [*self._old, "apply", "--config", str(file), str(objects)]
        process = await asyncio.create_subprocess_exec(
            *command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        shown, _ = await process.communicate()
        assert process.returncode == 0, shown.decode()

    def old(self, name: str, role: str) -> Any:
        """A process of the old version."""
        return started(self._configure(name, role), self._old)

    def new(self, name: str, role: str) -> Any:
        """A process of this version."""
        return started(self._configure(name, role), COMMAND)

    def _configure(self, name: str, role: str) -> Path:
        first = 20_000 + 1000 * len([*self.folder.glob("*.toml")])
        file = self.folder / f"{name}.toml"
        file.write_text(
            "[http]\nport = 0\n"
            f'[node]\nrole = "{role}"\nname = "{name}"\n'
            '[sip]\nlisten = ["udp:127.0.0.1:0"]\nmax_calls = 50\n'
            f"rtp_port_min = {first}\nrtp_port_max = {first + 199}\n"
            '[log]\nformat = "json"\n'
            f'[redis]\nurl = "{self._redis_url}"\nprefix = "{self.folder.name}"\n'
            f'[database]\nurl = "{self.url}"\n'
        )
        return file


@asynccontextmanager
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """A client."""
    async with aiohttp.ClientSession(raise_for_status=False) as session:
        yield session


async def ready(outring: Outring, nodes: int) -> None:
    """Wait until a process knows of so many nodes, and takes calls."""
    async with http() as client, asyncio.timeout(LIMIT_S):
        while True:
            async with client.get(f"{outring.url}/readyz") as response:
                view = await response.json()
            if view["ready"] and view["nodes"] == nodes:
                return
            await asyncio.sleep(0.05)


async def call(outring: Outring, to: str) -> dict[str, Any]:
    """Ask a process for a call; its answer."""
    request = {"action": "makeCall", "apiKey": KEY, "to": to}
    url = f"{outring.url}/api/v1/bvr/outbound"
    async with http() as client, client.post(url, json=request) as response:
        return dict(json.loads(await response.read()))


CALLS = 6
STEPS = (invite(), reply(180), answer(), ack(), pause(500), hang_up())


@pytest.mark.parametrize("front", ["old", "new"])
async def test_front_ends_and_nodes_of_both_versions_place_calls(
    front: str,
    tmp_path: Path,
    redis_server: RedisServer,
    old: list[str],
    sipp: SippFactory,
) -> None:
    platform = Platform(tmp_path, redis_server.url, old)
    await platform.begin()
    async with (
        platform.old("old-front", "front") as old_front,
        platform.old("one", "node"),
    ):
        await ready(old_front, 1)
        async with (
            platform.new("new-front", "front") as new_front,
            platform.new("two", "node"),
        ):
            asked = old_front if front == "old" else new_front
            await ready(asked, 2)
            async with sipp(*STEPS, calls=CALLS) as far_end:
                answers = await asyncio.gather(
                    *(call(asked, far_end.uri) for _ in range(CALLS))
                )
    assert {each["result"] for each in answers} == {"Call connected"}
    store = await open_store(platform.url)
    records = await store.find_records(RecordFilter(), limit=CALLS + 1)
    await store.aclose()
    assert [record.disposition for record in records] == ["answered"] * CALLS
    assert {record.node for record in records} == {"one", "two"}
