"""What is done with deliveries by commands, against a platform that serves."""

import json
from pathlib import Path
from typing import Any

from engine.platform.objects import digest_of
from tests.engine.process import PLATFORM, SETTINGS, command, configured, serving
from tests.engine.webhooks.receiver import SECRET, View, receiving
from tests.engine.webhooks.test_crashes import WEBHOOK
from tests.platform import ADMIN_TOKEN

ADMIN = f'[admin]\ntoken_sha256 = "{digest_of(ADMIN_TOKEN)}"\n'


async def refuse(_: View) -> int:
    return 503


def understood(out: str) -> list[dict[str, Any]]:
    known: list[dict[str, Any]] = json.loads(out)["understood"]
    return known


async def test_a_platform_is_asked_for_deliveries(tmp_path: Path) -> None:
    async with receiving(refuse) as receiver:
        platform = PLATFORM + WEBHOOK.format(receiver.uri, SECRET)
        file = configured(tmp_path, SETTINGS + ADMIN, platform)
        async with serving(file) as outring:

            async def run(*arguments: str) -> tuple[int, str]:
                status, out, err = await command(
                    *("webhooks", *arguments),
                    *("--url", outring.url, "--token", ADMIN_TOKEN),
                )
                return status, out + err

            status, out = await run("test", "crm")
            assert (status, "The server answers 503." in out) == (1, True)
            assert await run("deliveries", "crm", "--json") == (0, "[]\n")
            status, out = await run("replay", "crm")
            assert (status, out) == (0, "Deliveries that are tried again: 0.\n")
            status, out = await run("replay", "crm", "--since", "2h")
            assert (status, "are delivered again." in out) == (0, True)
            status, out = await run("replay", "crm", "--since", "soon")
            assert (status, "soon is neither a time" in out) == (1, True)
            status, out = await run("rotate", "crm")
            assert (status, "whsec_" in out) == (0, True)
            status, out = await run("rotate", "crm")
            assert (status, "end that rotation first" in out) == (1, True)
            assert await run("rotate", "crm", "--end") == (0, "")
            status, out = await run("test", "none")
            assert (status, "There is no webhook none." in out) == (1, True)

    (sample,) = receiver.tried
    assert sample["call"].startswith("sample-")
    assert sample["type"] == "call.ended"


async def test_a_simulation_tells_what_is_to_be_understood() -> None:
    async with receiving() as receiver:
        simulate = ("webhooks", "simulate", receiver.uri, "--secret", SECRET)
        status, out, _ = await command(*simulate, "--late", "0.4", "--json")

    known = understood(out)
    assert status == 0
    assert [call["events"] for call in known] == [7, 7, 7]
    for call in known:
        seqs = receiver.seqs(call["call"])
        assert sorted(seqs) == [*range(1, 8)]
    assert any(receiver.seqs(call["call"]) != [*range(1, 8)] for call in known)
    ids = [event["id"] for event in receiver.taken]
    assert len(ids) > len(set(ids)) == 21


async def test_a_simulation_tries_again_what_is_refused() -> None:
    async with receiving(refuse) as receiver:
        simulate = ("webhooks", "simulate", receiver.uri, "--secret", SECRET)
        options = ("--calls", "1", "--tries", "2", "--pause-ms", "0", "--double", "0")
        status, out, _ = await command(*simulate, *options)

    assert status == 1
    assert out.count("The server answers 503. (2 tries)") == 7
    assert "Posted 7, taken 0." in out
    assert len(receiver.tried) == 14


async def test_a_simulation_needs_a_uri_and_a_secret() -> None:
    status, _, err = await command("webhooks", "simulate", "ftp://h.example")
    assert (status, "http" in err) == (2, True)
    uri = "http://127.0.0.1:1"
    status, _, err = await command("webhooks", "simulate", uri, "--secret", "x")
    assert (status, "whsec_" in err) == (2, True)
