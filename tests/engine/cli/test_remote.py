"""The commands that look after a platform through its API, from a folder without settings."""

import json
import os
import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.platform.objects import digest_of
from tests.engine.process import (
    PLATFORM,
    SETTINGS,
    Outring,
    command,
    configured,
    serving,
)
from tests.platform import ADMIN_TOKEN

pytestmark = pytest.mark.sipp

ADMIN = f'[admin]\ntoken_sha256 = "{digest_of(ADMIN_TOKEN)}"\n'


@dataclass
class Operator:
    """Somebody at another machine, who has logged in to ``outring``."""

    outring: Outring
    home: Path

    async def run(self, *arguments: str) -> tuple[int, str, str]:
        """Run a command."""
        return await command(*arguments, XDG_CONFIG_HOME=str(self.home))


@pytest.fixture
async def operator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Operator]:
    """With a platform on which nothing has happened yet."""
    for name in ("served", "elsewhere", "home"):
        (tmp_path / name).mkdir()
    file = configured(tmp_path / "served", SETTINGS + ADMIN, PLATFORM)
    monkeypatch.chdir(tmp_path / "elsewhere")
    async with serving(file) as outring:
        operator = Operator(outring, tmp_path / "home")
        status, _, err = await operator.run(
            "login", outring.url, "--token", ADMIN_TOKEN
        )
        assert status == 0, err
        yield operator


async def test_objects_are_changed_through_the_api(operator: Operator) -> None:
    added = await operator.run("apps", "add", "second", "--account", "acme")
    refused = await operator.run("accounts", "remove", "acme")
    removed = await operator.run("apps", "remove", "second")

    assert (added[0], "id\tsecond\n" in added[1]) == (0, True)
    assert refused[2].startswith("outring: The account acme is in use by application")
    assert removed[1] == "The application second is removed.\n"
    assert os.listdir() == []


async def test_a_file_is_applied_through_the_api(operator: Operator) -> None:
    Path("platform.toml").write_text('[[account]]\nid = "acme"\n')

    shown = await operator.run("apply", "platform.toml", "--prune", "--dry-run")
    refused = await operator.run("apply", "platform.toml", "--prune")
    done = await operator.run("apply", "platform.toml", "--prune", "--yes")
    again = await operator.run("apply", "platform.toml", "--prune")

    assert (shown[0], "2 to remove" in shown[1]) == (0, True)
    assert (refused[0], done[0]) == (2, 0)
    assert again[1] == "Nothing changes.\n"


async def test_what_runs_is_shown(operator: Operator) -> None:
    status, shown, _ = await operator.run("status")
    nodes = json.loads((await operator.run("nodes", "list", "--json"))[1])
    calls = await operator.run("calls", "list", "--csv")
    nobody = await operator.run("calls", "hangup", "none")
    counted = await operator.run("records", "--count")

    assert (status, "takes calls\tyes\n" in shown) == (0, True)
    assert [node["calls"] for node in nodes] == [0]
    assert len(calls[1].splitlines()) == 1
    assert (nobody[0], nobody[2]) == (1, "outring: There is no such call.\n")
    assert counted[1] == "0\n"


async def test_a_node_drains_and_ends(operator: Operator) -> None:
    nodes = json.loads((await operator.run("nodes", "list", "--json"))[1])

    nobody = await operator.run("nodes", "drain", "nobody", "--yes")
    unsure = await operator.run("nodes", "drain", nodes[0]["id"])
    drained = await operator.run("nodes", "drain", nodes[0]["id"], "--yes")

    assert (nobody[0], unsure[0], drained[0]) == (1, 2, 0)
    assert await operator.outring.ended() == 0


async def test_a_token_is_tried_and_kept_for_its_owner(operator: Operator) -> None:
    wrong = await operator.run("login", operator.outring.url, "--token", "wrong")
    kept = operator.home / "outring" / "contexts.json"
    mode = stat.S_IMODE(kept.stat().st_mode)
    forgotten = await operator.run("logout")
    without = await operator.run("apps", "list")

    assert (wrong[0], wrong[2]) == (1, "outring: The admin token is not right.\n")
    assert mode == 0o600
    assert (forgotten[0], without[0]) == (0, 2)
    assert ADMIN_TOKEN not in kept.read_text()


async def test_settings_that_are_here_go_first(operator: Operator) -> None:
    Path("outring.toml").write_text('[database]\nurl = "sqlite:///here.db"\n')

    local = await operator.run("apps", "list")
    remote = await operator.run("apps", "list", "--url", operator.outring.url)

    assert (local[0], "here.db" in local[2]) == (2, True)
    assert (remote[0], "hello" in remote[1]) == (0, True)
