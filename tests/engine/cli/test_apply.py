"""``outring apply`` and ``outring export``: one file for all objects of a platform."""

import asyncio
import json
import os
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.administration.declarative_file import toml_of
from engine.platform.changes import apply_changes, plan
from engine.platform.objects import Objects
from tests.engine.process import COMMAND, LIMIT_S, command

KEY = "a-key-that-nobody-shall-see"
PASSWORD = "a-password-that-nobody-shall-see"

PLATFORM = f"""
[licence]
calls = 10

[[account]]
id = "acme"

[[application]]
id = "hello"
account = "acme"

[[key]]
key = "{KEY}"
application = "hello"

[[rule]]
pattern = '.*\\d{{2}}"é.*'
allow = false

[[credential]]
realm = "r"
username = "u"
password = "{PASSWORD}"
"""


async def outring(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Run a command with a database in *folder*."""
    return await command(
        *arguments, OUTRING_DATABASE_URL=f"sqlite:///{folder}/outring.db"
    )


async def apply(folder: Path, text: str, *options: str) -> tuple[int, str, str]:
    """Apply *text* as a file."""
    file = folder / "platform.toml"
    file.write_text(text)
    return await outring(folder, "apply", str(file), *options)


async def test_applied_once_and_again(tmp_path: Path) -> None:
    first = await apply(tmp_path, PLATFORM)
    second = await apply(tmp_path, PLATFORM)

    assert first[0] == 0, first[2]
    assert "+ account acme\n" in first[1]
    assert second == (0, "Nothing changes.\n", "")
    for secret in (KEY, PASSWORD):
        assert secret not in "".join(map(str, first))


async def test_the_plan_shows_old_and_new(tmp_path: Path) -> None:
    await apply(tmp_path, PLATFORM)
    text = PLATFORM.replace("calls = 10", "calls = 20").replace(PASSWORD, "another")

    status, out, _ = await apply(tmp_path, text, "--dry-run")
    _, again, _ = await apply(tmp_path, text, "--json")

    assert status == 0
    assert "~ licence licence\n    calls 10 → 20\n" in out
    assert "~ credential r\n    password (not shown) → (not shown)\n" in out
    assert out.endswith("2 to change\n")
    assert json.loads(again)["changes"][1]["fields"] == [
        {"field": "calls", "old": 10, "new": 20}
    ]
    assert (await apply(tmp_path, text))[1] == "Nothing changes.\n"


async def test_nothing_is_removed_without_a_yes(tmp_path: Path) -> None:
    await apply(tmp_path, PLATFORM)

    status, _, err = await apply(tmp_path, "", "--prune")

    assert (status, "objects to remove (5): say --yes" in err) == (2, True)
    assert (await apply(tmp_path, "", "--prune", "--json"))[:2] == (2, "")
    assert (await apply(tmp_path, PLATFORM, "--prune"))[1] == "Nothing changes.\n"


async def test_a_dry_run_makes_no_database(tmp_path: Path) -> None:
    status, out, _ = await apply(tmp_path, PLATFORM, "--dry-run")

    assert (status, "+ account acme\n" in out) == (0, True)
    assert [file.name for file in tmp_path.iterdir()] == ["platform.toml"]


async def test_what_the_file_does_not_name_goes_with_prune(tmp_path: Path) -> None:
    await apply(tmp_path, PLATFORM)

    kept = await apply(tmp_path, "[[account]]\nid = 'acme'\n")
    pruned = await apply(tmp_path, "[[account]]\nid = 'acme'\n", "--prune", "--yes")

    assert kept[1] == "Nothing changes.\n"
    assert "- application hello\n" in pruned[1]
    assert "4 to remove" in pruned[1]
    assert json.loads((await outring(tmp_path, "apps", "list", "--json"))[1]) == []


@pytest.mark.parametrize(("word", "status", "left"), [("n", 1, 1), ("y", 0, 0)])
async def test_on_a_terminal_it_asks_before_removing(
    tmp_path: Path, word: str, status: int, left: int
) -> None:
    await apply(tmp_path, "[[account]]\nid = 'acme'\n")
    (tmp_path / "empty.toml").write_text("")
    keyboard, terminal = os.openpty()
    try:
        process = await asyncio.create_subprocess_exec(
            *COMMAND,
            *("apply", str(tmp_path / "empty.toml"), "--prune"),
            stdin=terminal,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={
                **os.environ,
                "OUTRING_DATABASE_URL": f"sqlite:///{tmp_path}/outring.db",
            },
        )
        os.write(keyboard, f"{word}\n".encode())
        async with asyncio.timeout(LIMIT_S):
            out, _ = await process.communicate()
    finally:
        os.close(keyboard)
        os.close(terminal)

    assert "- account acme" in out.decode()
    assert process.returncode == status
    accounts = json.loads((await outring(tmp_path, "accounts", "list", "--json"))[1])
    assert len(accounts) == left


async def test_from_standard_input(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *("apply", "-"),
        stdin=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "OUTRING_DATABASE_URL": f"sqlite:///{tmp_path}/o.db"},
    )
    _, err = await process.communicate(b"[[account]]\nid = 'a b'\n")

    assert process.returncode == 2
    assert err.decode().startswith("outring: standard input:2: account.0.id: ")


async def test_every_mistake_has_its_line(tmp_path: Path) -> None:
    text = "[[account]]\nid = 'a b'\n[[account]]\nid = 'x'\ncall_limit = -1\n"

    status, out, err = await apply(tmp_path, text)

    assert (status, out) == (2, "")
    assert f"outring: {tmp_path}/platform.toml:2: account.0.id:" in err
    assert f"outring: {tmp_path}/platform.toml:5: account.1.call_limit:" in err


async def test_what_is_named_twice_is_a_mistake(tmp_path: Path) -> None:
    text = PLATFORM + f'[[key]]\nkey = "{KEY}"\napplication = "hello"\n'

    status, _, err = await apply(tmp_path, text)

    line = text[: text.rindex("[[key]]")].count("\n") + 1
    assert status == 2
    assert f"platform.toml:{line}: The key " in err
    assert KEY not in err


async def test_a_reference_to_nothing_is_a_warning(tmp_path: Path) -> None:
    await apply(tmp_path, "[[account]]\nid = 'acme'\n")
    text = "[[application]]\nid = 'a'\naccount = 'acme'\n[[key]]\nkey = '12345678'\napplication = 'b'\n"

    status, out, err = await apply(tmp_path, text)

    assert (status, "+ application a" in out) == (0, True)
    assert (
        err
        == f"warning: {tmp_path}/platform.toml:6: The application b does not exist.\n"
    )


async def test_export_gives_the_same_again(tmp_path: Path) -> None:
    await apply(tmp_path, PLATFORM)

    status, exported, _ = await outring(tmp_path, "export")

    assert status == 0
    assert KEY not in exported
    assert PASSWORD not in exported
    assert (await apply(tmp_path, exported, "--prune"))[1] == "Nothing changes.\n"
    (tmp_path / "other").mkdir()
    assert (await apply(tmp_path / "other", exported))[0] == 0
    assert (await outring(tmp_path / "other", "export"))[1] == exported


async def test_without_a_file(tmp_path: Path) -> None:
    status, _, err = await outring(tmp_path, "apply", str(tmp_path / "none.toml"))

    assert (status, "none.toml: The file cannot be read" in err) == (2, True)


ids = st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True)
texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20
)
limits = st.none() | st.integers(0, 1_000_000)
rates = st.none() | st.floats(1e-9, 100_000)
accounts = st.fixed_dictionaries(
    {"id": ids, "name": texts, "call_limit": limits, "calls_per_second": rates}
)
rules = st.fixed_dictionaries(
    {"pattern": texts.filter(bool), "allow": st.booleans()},
)
keys = st.fixed_dictionaries(
    {"key": st.text(min_size=8, max_size=20), "application": ids},
    optional={"enabled": st.booleans()},
)
groups = st.fixed_dictionaries(
    {"id": ids, "members": st.lists(ids, max_size=3), "default": st.booleans()}
)
credentials = st.fixed_dictionaries(
    {"realm": texts.filter(bool), "username": texts.filter(bool), "password": texts}
)


@st.composite
def platforms(draw: st.DrawFn) -> Objects:
    """Any objects, each named once."""
    tree = {
        "licence": {"calls": draw(limits)},
        "account": draw(st.lists(accounts, unique_by=lambda account: account["id"])),
        "rule": draw(st.lists(rules, unique_by=lambda rule: rule["pattern"])),
        "key": draw(st.lists(keys, unique_by=lambda key: key["key"])),
        "group": draw(st.lists(groups, unique_by=lambda group: group["id"])),
        "credential": draw(
            st.lists(credentials, unique_by=lambda credential: credential["realm"])
        ),
    }
    return Objects.model_validate(tree)


@given(platforms())
def test_any_objects_written_as_toml_are_read_as_the_same(objects: Objects) -> None:
    read = Objects.model_validate(tomllib.loads(toml_of(objects)))

    assert read == objects
    assert plan(objects, read, prune=True) == []


@given(platforms(), platforms())
def test_what_is_planned_leads_to_what_is_wanted(
    current: Objects, wanted: Objects
) -> None:
    after = apply_changes(current, plan(current, wanted, prune=True))

    assert plan(after, wanted, prune=True) == []
