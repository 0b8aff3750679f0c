"""``docs/troubleshooting.md``: the program says each text, from the cause that the page tells."""

import re
import socket
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Dialer, SippFactory, View
from tests.documented import Page
from tests.engine.applications.conftest import Stage, server, stage
from tests.engine.process import SETTINGS, command, configured, stored
from tests.platform import KEY
from tests.sipp.scenario import ack, cancel, invite, reply

__all__ = ["server", "stage"]  # fixtures of the applications, for these tests too

PAGE = Page("troubleshooting.md")
NOBODY = "sip:1@127.0.0.1:1;transport=tcp"
FREE = "port = 0"


def texts(title: str) -> set[str]:
    """The texts of a section."""
    row = r"^\| `(.+?)` \| .+ \| .+ \|$"
    return set(re.findall(row, PAGE.section(f"## {title}"), re.MULTILINE))


def is_said(text: str, said: str) -> bool:
    """Whether *text* is in *said*, where each ``…`` stands for something."""
    pattern = "(?s:.+?)".join(re.escape(part) for part in text.split("…"))
    return re.search(pattern, said) is not None


def test_what_differs_is_something() -> None:
    assert is_said("The account … is full.", "so: The account acme is full.")
    assert not is_said("The account … is full.", "The account is full.")


# -- at the start ------------------------------------------------------------------

START: dict[str, dict[str, str]] = {
    "… is not a setting of outring; is it misspelt?": {FREE: "prt = 0"},
    "[…] stands in line … already: write its values there.": {"[log]": "[http]"},
    "… is not protocol:address:port with protocol udp, tcp or tls.": {"udp:": ""},
    "Cannot listen on … port …: Address already in use.": {FREE: "port = {taken}"},
    "Nothing but this machine can be called, since every listener is on loopback.": {},
    "There is no API key yet: every request is refused.": {},
}
NO_FILE = "The file cannot be read: No such file or directory."


def test_every_text_of_a_start_has_a_cause() -> None:
    assert texts("At the start") == {*START, NO_FILE}


@pytest.mark.parametrize("text", START)
async def test_at_the_start(tmp_path: Path, text: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        settings = SETTINGS
        for before, after in START[text].items():
            port = str(taken.getsockname()[1])
            settings = settings.replace(before, after.replace("{taken}", port))
        file = configured(tmp_path, settings, platform="")
        if not START[text]:
            await stored(file)
        _, out, _ = await command("check", "--config", str(file))

    assert is_said(text, out), out


async def test_without_a_file(tmp_path: Path) -> None:
    _, out, _ = await command("check", "--config", str(tmp_path / "none.toml"))

    assert NO_FILE in out


# -- from the command line ---------------------------------------------------------

COMMANDS = {
    "… cannot be reached": ("call", "sip:a@b", "--key", "x", "--url", "http://[::1]:1"),
    "The account … is in use by application ….": ("accounts", "remove", "acme"),
    "The account … does not exist.": ("apply",),
}


@pytest.mark.parametrize("text", COMMANDS)
async def test_from_the_command_line(tmp_path: Path, text: str) -> None:
    file = configured(tmp_path)
    await stored(file)
    changed = tmp_path / "changed.toml"
    changed.write_text('[[application]]\nid = "lost"\naccount = "none"\n')
    arguments = list(COMMANDS[text])
    arguments += [str(changed)] if arguments == ["apply"] else []
    _, _, err = await command(*arguments, OUTRING_CONFIG=str(file))

    assert texts("From the command line") == set(COMMANDS)
    assert is_said(text, err), err


# -- in the answer to a request ----------------------------------------------------

REFUSED: dict[str, dict[str, Any]] = {
    "The request has no apiKey.": {"apiKey": None},
    "The apiKey is not known.": {"apiKey": "nobody-has-this-key"},
    "The application … of this apiKey does not exist.": {
        "apiKey": "key-without-application"
    },
    "The to value is neither a SIP URI, a tel: URI nor a telephone number.": {
        "to": "alice"
    },
    "A telephone number needs sip.default_domain in the configuration or a proxy of "
    "mode REWRITE_DESTINATION, or give a SIP URI.": {"to": "+49301234567"},
    "The to value is on the deny list.": {"to": "sip:0900@127.0.0.1"},
    "The proxy group … does not exist.": {"hints": {"proxy_group": "none"}},
    "The header … is written by the platform and cannot be set.": {
        "headers": {"Via": "here"}
    },
    "The call cannot leave this machine by sip.listen, which is …": {
        "to": "sip:1@192.0.2.1"
    },
}
AGAIN = "This Idempotency-Key was used with another request."
FULL = "All … calls of … are in use."
FAST = "… may start … calls per second."
WAIT = "The wait ran out before the call was answered; the call goes on."


def test_every_text_of_an_answer_has_a_cause() -> None:
    assert texts("In the answer to a request") == {*REFUSED, AGAIN, FULL, FAST, WAIT}


async def detail(dialer: Dialer, **fields: Any) -> str:
    """The sentence of the answer to a request."""
    _, body = await dialer.call(**{"to": NOBODY, "apiKey": KEY, **fields})
    return str(body.get("detail"))


@pytest.mark.parametrize("text", REFUSED)
async def test_in_the_answer(dialer: Dialer, text: str) -> None:
    said = await detail(dialer, **REFUSED[text])

    assert is_said(text, said), said


async def test_a_key_for_another_request(dialer: Dialer) -> None:
    once = {"Idempotency-Key": "of the troubleshooting page"}
    request: View = {"action": "makeCall", "apiKey": KEY, "to": NOBODY}
    await dialer.post(json=request, headers=once)
    _, body = await dialer.post(json={**request, "callerId": "1"}, headers=once)

    assert body["detail"] == AGAIN


async def test_more_calls_than_there_may_be(dialer: Dialer) -> None:
    async with dialer.changed(account=[{"id": "small", "call_limit": 0}]):
        said = await detail(dialer, apiKey="key-of-small-account")

    assert is_said(FULL, said), said


async def test_more_calls_a_second_than_there_may_be(dialer: Dialer) -> None:
    slow = {"id": "slow", "account": "acme", "calls_per_second": 0.1}
    async with dialer.changed(application=[slow]):
        said = [await detail(dialer, apiKey="key-of-slow-application") for _ in "ab"]

    assert is_said(FAST, said[1]), said


@pytest.mark.sipp
async def test_the_wait_runs_out(dialer: Dialer, sipp: SippFactory) -> None:
    steps = (invite(), reply(180), cancel(), reply(487), ack())
    async with sipp(*steps) as callee:
        _, body = await dialer.call(callee.uri, timeout=200)
        await dialer.hang_up(body)
        await dialer.ended(body)

    assert body["detail"] == WAIT


# -- of documents, and on the wire -------------------------------------------------

DOCUMENTS = {
    "The application … has no URI.": None,
    "… cannot be fetched: its folder is not allowed.": "file:///none.ccxml",
    "… cannot be fetched: the server answers 404.": "{server}/none",
    "… cannot be fetched: there is no connection (Connection refused).": (
        "http://127.0.0.1:1/"
    ),
    "… This is not well-formed XML: …": "{document}",
}


@pytest.mark.parametrize("text", DOCUMENTS)
async def test_of_documents(stage: Stage, text: str) -> None:
    uri = DOCUMENTS[text]
    if uri is not None:
        broken = stage.server.serve("<ccxml")
        uri = uri.format(server=stage.server.url, document=broken)
    _, body = await stage.start(await stage.application_at(uri), to=NOBODY)

    assert texts("Of documents") == set(DOCUMENTS)
    assert is_said(text, body["detail"]), body


WIRE = {"Connection refused": NOBODY, "Name not resolved": "sip:1@no-such-host.invalid"}


@pytest.mark.parametrize("text", WIRE)
async def test_on_the_wire(dialer: Dialer, text: str) -> None:
    _, body = await dialer.call(WIRE[text])

    assert texts("On the wire") == set(WIRE)
    assert (body["sip"]["reason"], body["sip"]["origin"]) == (text, "local-transport")
