"""The commands for the platform's objects, as a person types them."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner, Result

from engine.cli import command_line, terminal
from engine.cli.objects import groups
from engine.platform.objects import KINDS, ObjectKind, digest_of
from engine.platform.webhook_fields import encode_secret
from engine.store import open_store
from tests.engine.process import command

CLI = command_line()
KEY = "a-key-that-nobody-shall-see"
PASSWORD = "a-password-that-nobody-shall-see"
SECRET = encode_secret(b"a-secret-that-nobody-shall-see")
ADD = {
    "account": "acme",
    "application": "hello --account acme",
    "key": f"--application hello --key {KEY}",
    "rule": ".*0900.* --deny",
    "proxy": "edge --address sip:192.0.2.1 --header tag --header tag2",
    "group": "all --member edge --default",
    "header": "tag --name X-Tag --value 1",
    "credential": f"r --username u --password {PASSWORD}",
    "campaign": 'spring --application hello --caller-ids own --opt-out {"list":"own"}',
    "caller_ids": "own --number +4930123456 --number +4930123457 --daily-cap 200",
    "window_rule": "us --prefix +1 --source 47_CFR_64.1200 --as-of 2026-12-01"
    ' --windows [{"opens":"08:00"}]',
    "webhook": f"crm --uri https://h.example --event call.* --secret {SECRET}",
}


class Commands:
    """``outring`` with one database, in this process."""

    def __init__(self, url: str) -> None:
        self._environment = {"OUTRING_DATABASE_URL": url, "COLUMNS": "200"}

    def run(self, line: str, status: int = 0, stdin: str | None = None) -> Result:
        """Run a line; it must end with *status*."""
        result = CliRunner().invoke(
            CLI, line.split(), input=stdin, env=self._environment
        )
        assert result.exit_code == status, result.output
        return result

    def json(self, line: str, stdin: str | None = None) -> Any:
        """What a line prints as JSON."""
        return json.loads(self.run(f"{line} --json", stdin=stdin).stdout)

    def completed(self, line: str) -> list[str]:
        """What the tab key offers after *line*."""
        result = CliRunner().invoke(
            CLI,
            prog_name="outring",
            env={
                **self._environment,
                "_OUTRING_COMPLETE": "complete_bash",
                "COMP_WORDS": line,
                "COMP_CWORD": str(len(line.split()) - (not line.endswith(" "))),
            },
        )
        return result.stdout.split()


@pytest.fixture
def outring(tmp_path: Path) -> Commands:
    """With an empty database."""
    url = f"sqlite:///{tmp_path}/outring.db"
    asyncio.run(make_database(url))
    return Commands(url)


async def make_database(url: str) -> None:
    """Make an empty database."""
    await (await open_store(url)).aclose()


MANY = [pytest.param(kind, id=kind.table) for kind in KINDS.values() if kind.identity]


@pytest.mark.parametrize("kind", MANY)
def test_add_list_show_remove(outring: Commands, kind: ObjectKind) -> None:
    added = outring.json(f"{kind.plural} add {ADD[kind.table]}")
    added.pop("warnings", None)
    identity = added.get("id") or added[kind.identity]

    assert outring.json(f"{kind.plural} list") == [added]
    assert outring.json(f"{kind.plural} show {identity}") == added
    assert identity in outring.run(f"{kind.plural} list").stdout
    assert identity in outring.run(f"{kind.plural} show {identity}").stdout
    assert outring.completed(f"outring {kind.plural} show ") == [identity]
    outring.run(f"{kind.plural} remove {identity}")
    assert outring.json(f"{kind.plural} list") == []


PAUSED = [pytest.param(kind, id=kind.table) for kind in KINDS.values() if kind.pause]


@pytest.mark.parametrize("kind", PAUSED)
def test_pause_and_resume(
    outring: Commands, kind: ObjectKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal.out, "width", 200)
    added = outring.json(f"{kind.plural} add {ADD[kind.table]}")
    added.pop("warnings", None)
    line = f"{kind.plural} {kind.pause} {added['id']} --reason"

    paused = outring.json(f"{line} maintenance")
    shown = outring.run(f"{kind.plural} list").stdout
    outring.run(f"{kind.plural} {kind.pause} {added['id']}", status=2)

    why = paused["paused"]
    assert why["reason"] == "maintenance"
    assert f"since {why['since']}, by {why['by']}: maintenance" in shown
    assert outring.completed(f"outring {kind.plural} resume ") == [added["id"]]
    assert outring.json(f"{kind.plural} resume {added['id']}") == added
    missing = outring.run(f"{kind.plural} {kind.pause} nobody --reason x", status=1)
    assert missing.stderr == f"outring: There is no {kind.noun} nobody.\n"


def test_the_emergency_stop_offers_what_there_is(outring: Commands) -> None:
    outring.run("accounts add acme")
    outring.run("apps add hello --account acme")

    assert outring.completed("outring hangup --account ") == ["acme"]
    assert outring.completed("outring hangup --application h") == ["hello"]


@pytest.mark.parametrize("kind", MANY)
def test_refused_with_one_sentence(outring: Commands, kind: ObjectKind) -> None:
    missing = outring.run(f"{kind.plural} show nobody", status=1)
    outring.run(f"{kind.plural} add {ADD[kind.table]}")
    again = outring.run(f"{kind.plural} add {ADD[kind.table]}", status=1)

    assert missing.stderr == f"outring: There is no {kind.noun} nobody.\n"
    assert again.stderr.endswith("exists already.\n")


@pytest.mark.parametrize("kind", MANY)
def test_secrets_and_their_hashes_are_never_shown(
    outring: Commands, kind: ObjectKind
) -> None:
    shown = outring.run(f"{kind.plural} add {ADD[kind.table]}").output
    shown += outring.run(f"{kind.plural} list").output
    shown += outring.run(f"{kind.plural} list --json").output

    for secret in (KEY, PASSWORD, digest_of(KEY), "ha1"):
        assert secret not in shown


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.table)
def test_every_field_is_an_option_with_help(kind: ObjectKind) -> None:
    group = get_command(getattr(groups, kind.plural))
    offered = group.commands["set"].params  # type: ignore[attr-defined]
    helps = {option.name: option.help for option in offered}

    for field, info in kind.model.model_fields.items():
        if field != kind.identity:
            assert helps[field].startswith(info.description)


def test_options_of_every_type(outring: Commands) -> None:
    outring.run(
        "apps add hello --account acme --type VXML --call-limit 5 --calls-per-second 0.5"
    )
    outring.run("keys add --application hello --disabled")
    outring.run("groups add all --member a --member b --failover 503 --default")

    (app,) = outring.json("apps list")
    assert (app["type"], app["call_limit"], app["calls_per_second"]) == ("VXML", 5, 0.5)
    assert outring.json("keys list")[0]["enabled"] is False
    assert outring.json("groups list")[0]["members"] == ["a", "b"]
    changed = outring.json("groups set all --no-default --member c")
    assert (changed["default"], changed["members"]) == (False, ["c"])
    assert changed["failover"] == ["503"]


def test_unset_sets_back(outring: Commands) -> None:
    outring.run("accounts add acme --call-limit 5 --name Acme")

    view = outring.json("accounts set acme --unset call-limit --unset name")

    assert (view["call_limit"], view["name"]) == (None, "")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("accounts set acme", "nothing is given that could change"),
        ("accounts set acme --call-limit -1", "call_limit: Input should be greater"),
        ("accounts set acme --call-limit many", "Input should be a valid"),
        ("accounts set acme --unset nonsense", "nonsense is not a setting"),
        ("accounts add a/b", "id: String should match pattern"),
        ("apps add hello", "Missing option '--account'"),
        ("apps add hello --account acme --type HTML", "'--type': 'HTML' is not one of"),
        (
            "apps add hello --account acme --uri hello.vxml",
            "uri: hello.vxml has no scheme: write file:///folder/hello.vxml or http://host/",
        ),
        ("groups add all --failover 486", "486 is the callee's own word"),
        ("credentials set r --username v", "needs the password again"),
    ],
)
def test_wrong_use(outring: Commands, line: str, sentence: str) -> None:
    outring.run("accounts add acme")
    outring.run(f"credentials add {ADD['credential']}")

    assert sentence in outring.run(line, status=2).stderr


def test_a_made_up_key_is_shown_once(outring: Commands) -> None:
    result = outring.run("keys add --application hello")
    (key,) = outring.json("keys list")

    assert "shown this once" in result.stderr
    assert "application hello does not exist" in result.stderr
    assert key["id"] in result.stdout
    made = result.stdout.split()[1]
    assert digest_of(made)[:12] == key["id"]
    assert key["last_used"] is None


def test_secrets_are_read_from_standard_input(outring: Commands) -> None:
    key = outring.json("keys add --application hello --key -", stdin=f"{KEY}\n")
    outring.run("credentials add r --username u", stdin=f"{PASSWORD}\n")
    outring.run("credentials set r --password -", stdin="other\n")

    assert key["id"] == digest_of(KEY)[:12]
    assert outring.json("credentials list")[0]["username"] == "u"


def test_a_secret_that_nobody_gives(outring: Commands) -> None:
    result = outring.run("credentials add r --username u", status=2, stdin="")

    assert "Invalid value for --password: Standard input has none." in result.stderr
    assert outring.json("credentials list") == []


def test_what_is_in_use_is_removed_only_with_force(outring: Commands) -> None:
    outring.run("accounts add acme")
    outring.run("apps add hello --account acme")

    refused = outring.run("accounts remove acme", status=1)
    outring.run("accounts remove acme --force")

    assert refused.stderr == (
        "outring: The account acme is in use by application hello.\n"
    )
    assert outring.json("accounts list") == []


def test_the_licence(outring: Commands) -> None:
    assert outring.json("licence show") == {"calls": None}
    assert outring.json("licence set --calls 30") == {"calls": 30}
    assert outring.json("licence set --unset calls") == {"calls": None}


def test_completion(outring: Commands, tmp_path: Path) -> None:
    outring.run("accounts add acme")
    outring.run("accounts add other")

    assert outring.completed("outring apps add x --account a") == ["acme"]
    assert outring.completed("outring apps add x --type ") == [
        "CCXML",
        "VXML",
        "STREAM",
    ]
    assert outring.completed("outring accounts set acme --unset call") == [
        "call-limit",
        "calls-per-second",
    ]


def test_completion_of_what_cannot_be_read_is_silent(tmp_path: Path) -> None:
    (tmp_path / "broken.db").write_text("no database" * 100)

    for name in ("broken.db", "none.db"):
        commands = Commands(f"sqlite:///{tmp_path}/{name}")
        assert commands.completed("outring accounts show ") == []
    assert not (tmp_path / "none.db").exists()


async def test_a_database_that_cannot_be_used(tmp_path: Path) -> None:
    url = "postgresql://outring:secret-of-the-url@127.0.0.1:1/outring"

    status, out, err = await command("accounts", "list", OUTRING_DATABASE_URL=url)

    assert (status, out) == (2, "")
    assert err.startswith("outring: The database ")
    assert "secret-of-the-url" not in err


async def test_token(tmp_path: Path) -> None:
    _, out, _ = await command("token", "--json")
    made = json.loads(out)
    _, text, _ = await command("token")

    assert digest_of(made["token"]) == made["token_sha256"]
    assert 'token_sha256 = "' in text
