"""``outring serve`` as a process: start, drain, stop."""

import asyncio
import signal
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from engine.store import RecordFilter, open_store
from tests.conftest import SippFactory
from tests.engine.process import (
    KEY,
    SETTINGS,
    command,
    configured,
    fresh_command,
    patched,
    serving,
)
from tests.sipp.runner import start_sipp
from tests.sipp.scenario import (
    ack,
    answer,
    bye,
    cancel,
    hang_up,
    invite,
    pause,
    reply,
    scenario,
)

SHORT_DRAIN = SETTINGS + "\n[call]\ndrain_ms = 300\n"


async def post(url: str, to: str, **fields: Any) -> tuple[int, dict[str, Any]]:
    request = {"action": "makeCall", "to": to, "apiKey": KEY, **fields}
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{url}/api/v1/bvr/outbound", json=request) as response,
    ):
        return response.status, await response.json()


async def is_ready(url: str) -> bool:
    async with aiohttp.ClientSession() as http, http.get(f"{url}/readyz") as response:
        return response.status == 200


async def test_stops_at_once_without_calls(tmp_path: Path) -> None:
    async with serving(configured(tmp_path)) as outring:
        assert await is_ready(outring.url)
        outring.signal(signal.SIGTERM)
        assert await outring.ended() == 0
    assert [entry["event"] for entry in outring.log] == [
        "serving",
        "draining",
        "stopped",
    ]


@pytest.mark.sipp
async def test_drain_lets_a_call_end_and_refuses_new_ones(
    tmp_path: Path, sipp: SippFactory
) -> None:
    steps = (invite(), reply(180), pause(500), answer(), ack(), pause(300), hang_up())
    async with serving(configured(tmp_path)) as outring, sipp(*steps) as callee:
        first = asyncio.create_task(post(outring.url, callee.uri))
        while (await readiness(outring.url))["calls"] == 0:
            await asyncio.sleep(0.01)
        outring.signal(signal.SIGTERM)
        await outring.logged("draining")
        refused = await post(outring.url, callee.uri)
        ready = await is_ready(outring.url)
        answered = await first
        assert await outring.ended() == 0

    assert (refused[0], refused[1]["result"]) == (503, "Server shutdown")
    assert not ready
    assert answered[1]["result"] == "Call connected"
    assert "hanging_up" not in [entry["event"] for entry in outring.log]


async def readiness(url: str) -> dict[str, Any]:
    async with aiohttp.ClientSession() as http, http.get(f"{url}/readyz") as response:
        view: dict[str, Any] = await response.json()
        return view


@pytest.mark.sipp
async def test_drain_limit_hangs_up_what_is_left(
    tmp_path: Path, sipp: SippFactory
) -> None:
    async with (
        serving(configured(tmp_path, SHORT_DRAIN)) as outring,
        sipp(invite(), reply(180), cancel(), reply(487), ack()) as ringing,
        sipp(invite(), reply(180), answer(), ack(), bye()) as connected,
    ):
        waiting = asyncio.create_task(post(outring.url, ringing.uri))
        _, body = await post(outring.url, connected.uri)
        outring.signal(signal.SIGTERM)
        cancelled = await waiting
        assert await outring.ended() == 0

    assert body["result"] == "Call connected"
    assert cancelled[1]["sip"]["origin"] == "local-cancel"


@pytest.mark.sipp
async def test_second_signal_hangs_up_at_once(
    tmp_path: Path, sipp: SippFactory
) -> None:
    async with (
        serving(configured(tmp_path)) as outring,
        sipp(invite(), answer(), ack(), bye()) as callee,
    ):
        await post(outring.url, callee.uri)
        outring.signal(signal.SIGTERM)
        await outring.logged("draining")
        outring.signal(signal.SIGTERM)
        assert await outring.ended() == 0

    assert "hanging_up" in [entry["event"] for entry in outring.log]


@pytest.mark.sipp
async def test_answered_call_whose_far_end_is_silent_at_the_stop(
    tmp_path: Path,
) -> None:
    steps = scenario(invite(), answer(), ack(), bye())
    (tmp_path / "callee.xml").write_text(steps)
    callee = await start_sipp(tmp_path / "callee.xml", tmp_path / "callee")
    hasty = patched(
        "import sip.pjsip.user_agent\nsip.pjsip.user_agent.CLOSE_LIMIT_S = 0.5"
    )
    try:
        async with serving(configured(tmp_path), hasty) as outring:
            await post(outring.url, callee.uri)
            callee.process.send_signal(signal.SIGSTOP)
            outring.signal(signal.SIGTERM)
            await outring.logged("draining")
            outring.signal(signal.SIGTERM)
            assert await outring.ended() == 0
    finally:
        await callee.end()

    (ended,) = [line for line in outring.log if line["event"] == "call_ended"]
    store = await open_store(f"sqlite:///{tmp_path / 'outring.db'}")
    (record,) = await store.find_records(RecordFilter())
    await store.aclose()
    assert record.attempts is not None
    (attempt,) = record.attempts
    assert (ended["status"], ended["origin"], ended["forced"]) == (
        200,
        "local-cancel",
        True,
    )
    assert (record.result, record.sip_status, record.sip_reason) == (
        "Call connected",
        200,
        "OK",
    )
    assert (record.sip_origin, record.termination_reason, record.forced) == (
        "local-cancel",
        "near_end_disconnect",
        True,
    )
    assert (attempt.status, attempt.reason, attempt.origin) == (
        200,
        "OK",
        "local-cancel",
    )
    assert attempt.ended == record.ended is not None
    assert record.bye is not None


@contextmanager
def removed(file: Path) -> Iterator[None]:
    """Somebody removes the database."""
    for path in file.parent.glob(f"{file.name}*"):
        path.unlink()
    yield


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Somebody writes into the database, and does not come to an end."""
    with closing(sqlite3.connect(file, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        yield


@pytest.mark.sipp
@pytest.mark.parametrize(
    ("trouble", "reason"),
    [(removed, "is not there any more: put it back"), (locked, "is locked")],
)
async def test_records_that_cannot_be_written_are_told_by_the_exit_status(
    tmp_path: Path,
    sipp: SippFactory,
    trouble: Callable[[Path], AbstractContextManager[None]],
    reason: str,
) -> None:
    """Two signals; the record of the call that was hung up waits, and is lost."""
    file = tmp_path / "outring.db"
    patient = patched(
        "import engine.app.process\nengine.app.process.LAST_WRITE_S = 0.5"
    )
    async with (
        serving(configured(tmp_path), patient) as outring,
        sipp(invite(), answer(), ack(), bye()) as callee,
    ):
        await post(outring.url, callee.uri)
        with trouble(file):
            away = await outring.logged("database_away")
            assert not await is_ready(outring.url)
            status, body = await post(outring.url, callee.uri)
            outring.signal(signal.SIGTERM)
            await outring.logged("draining")
            outring.signal(signal.SIGTERM)
            assert await outring.ended() == 4
            assert file.exists() == (trouble is locked)

    assert reason in away["reason"]
    assert (status, body["result"]) == (500, "Internal Error")
    assert str(tmp_path) not in body["detail"]
    (lost,) = [line for line in outring.log if line["event"] == "records_lost"]
    assert (
        lost["count"] == 2
    )  # the call that was answered, and the one that was refused


async def test_https(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    tls = f'tls_certificate = "{certificate[0]}"\ntls_private_key = "{certificate[1]}"'
    file = configured(tmp_path, SETTINGS.replace("port = 0", f"port = 0\n{tls}"))
    async with serving(file) as outring, aiohttp.ClientSession() as http:
        async with http.get(f"{outring.url}/healthz", ssl=False) as response:
            assert response.status == 200
        assert outring.url.startswith("https://")


@pytest.mark.parametrize(
    ("settings", "place", "words"),
    [
        ("[http]\nport = {taken_tcp}\n", "http.port", "in use"),
        (
            '[sip]\nlisten = ["udp:127.0.0.1:{taken_udp}"]\n[http]\nport = 0\n',
            "sip",
            "listen on",
        ),
        (
            "[sip]\nrtp_port_min = 20000\nrtp_port_max = 20010\n",
            "outring.toml:1",
            "carry 5 calls",
        ),
        (
            "[sip]\nrtp_port_min = 2000\nrtp_port_max = 1999\n",
            "outring.toml:1",
            "above",
        ),
        ("[sip]\nmax_calls = 5000\nrtp_port_max = 40000\n", "sip", "carries 2048"),
        ("[http]\n\nprot = 1\n", "outring.toml:3", "misspelt"),
        ("[http\n", "outring.toml:1", "not TOML"),
        ('[sip]\ntls_certificate = "/nothing"\n', "outring.toml:2", "cannot be read"),
        (
            '[sip]\nlisten = ["tls:127.0.0.1:0"]\n',
            "outring.toml:1",
            "needs tls_certificate",
        ),
        ('[sip]\ncodecs = ["G729"]\n', "outring.toml:2", "PCMU"),
    ],
)
async def test_impossible_configuration(
    tmp_path: Path, settings: str, place: str, words: str
) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
    ):
        udp.bind(("127.0.0.1", 0))
        text = settings.format(
            taken_tcp=tcp.getsockname()[1], taken_udp=udp.getsockname()[1]
        )
        if "listen" not in text:
            text += (
                "\n" if "[sip]" in text else '\n[sip]\nlisten = ["udp:127.0.0.1:0"]\n'
            )
        status, _, err = await command(
            "serve", "--config", str(configured(tmp_path, text))
        )

    assert status == 2
    (sentence,) = (line for line in err.splitlines() if not line.startswith("{"))
    assert sentence.startswith("outring: ")
    assert place in err
    assert words in err


async def test_missing_files(tmp_path: Path) -> None:
    status, _, err = await command("serve", "--config", str(tmp_path / "none.toml"))
    assert (status, "none.toml: The file cannot be read" in err) == (2, True)

    settings = SETTINGS + f'\n[database]\nurl = "sqlite:///{tmp_path}/no/folder.db"\n'
    (tmp_path / "outring.toml").write_text(settings)
    status, _, err = await command("serve", "--config", str(tmp_path / "outring.toml"))
    assert (status, err.count("\n"), "database.url: " in err) == (2, 1, True)


async def test_missing_pjsua2(tmp_path: Path) -> None:
    for name in ("pjsua2", "outring_pjsua2_build"):
        (tmp_path / f"{name}.py").write_text(
            f"raise ModuleNotFoundError(name={name!r})"
        )
    file = str(configured(tmp_path))

    for what in ("serve", "check"):
        status, out, err = await fresh_command(
            what, "--config", file, PYTHONPATH=str(tmp_path)
        )

        assert status == 2
        assert (out + err).count("not installed: run `make setup`") == 1
        assert "Traceback" not in err


async def test_changes_act_on_the_next_request(tmp_path: Path) -> None:
    """Whoever makes them: here a command, while the server runs."""
    nobody = "sip:1@127.0.0.1:1;transport=tcp"
    file = configured(tmp_path)
    change = ("--config", str(file))
    async with serving(file) as outring:
        results = [(await post(outring.url, nobody))[1]["result"]]
        for arguments in (
            ("licence", "set", "--calls", "0"),
            ("licence", "set", "--unset", "calls"),
            ("rules", "add", ".*", "--deny"),
            ("rules", "remove", ".*"),
            ("accounts", "remove", "acme", "--force"),
        ):
            status, _, err = await command(*arguments, *change)
            assert (status, err) == (0, ""), arguments
            results.append((await post(outring.url, nobody))[1]["result"])

    assert results == [
        "Call failed",
        "License limit",
        "Call failed",
        "Number denied",
        "Call failed",
        "No account found",
    ]


@pytest.mark.sipp  # it needs pjsua2
async def test_a_platform_without_keys_is_told_at_the_start(tmp_path: Path) -> None:
    async with (
        serving(configured(tmp_path, platform="")) as without,
        serving(configured(tmp_path)) as with_keys,
    ):
        events = [entry["event"] for entry in (*without.log, *with_keys.log)]

    assert events.count("no_api_keys") == 1
