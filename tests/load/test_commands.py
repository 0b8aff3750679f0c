"""``make load`` and ``make bench`` as they are run, for a few seconds."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.load import __main__ as load
from tests.load.page import BEGIN, END

LIMIT_S = 90.0


async def run(module: str, *arguments: str) -> tuple[int, str, str]:
    """Exit status, standard output and standard error."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(LIMIT_S):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


@pytest.mark.sipp
async def test_a_load(tmp_path: Path) -> None:
    mix = tmp_path / "mine.toml"
    mix.write_text("[share]\nanswer = 3\nbusy = 1\n[answer]\nring_ms = 50\n")

    status, out, err = await run(
        "tests.load", *("--rate", "40", "--seconds", "2", "--mix", str(mix))
    )

    assert (status, err) == (0, "")
    for row in (
        "40 calls/s for 2 s, one process",
        "80, 40.0/s",
        "60 Call connected",
        "20 Call failed, 486 remote",
        "CPU of outring",
        "memory of outring",
        "sent again by the dialer",
        "terminal events lost",
    ):
        assert row in out


@pytest.mark.sipp
async def test_a_load_in_a_closed_loop_as_json(tmp_path: Path) -> None:
    status, out, _ = await run(
        "tests.load",
        *("--at-once", "4", "--seconds", "2", "--mix", "answer", "--json"),
    )

    report: dict[str, Any] = json.loads(out)
    assert status == 0
    assert report["summary"]["sent"] == report["verdict"]["records"] > 8
    assert report["offer"] == "4 requests at once for 2 s"


@pytest.mark.sipp
@pytest.mark.timeout(120)
async def test_what_is_not_clean_fails(tmp_path: Path) -> None:
    """More than can be outstanding: these requests are not hidden."""
    mix = tmp_path / "mine.toml"
    mix.write_text("[share]\nanswer = 1\n[answer]\nring_ms = 1500\n")

    status, out, err = await run(
        "tests.load",
        *("--rate", "40", "--seconds", "1", "--outstanding", "10", "--mix", str(mix)),
    )

    assert status == 1
    assert "30 of them not sent" in out
    assert "not clean: requests not offered: 30" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--rate", "0"), "--rate is above 0"),
        (("--rate", "1e9"), "--rate is above 0, and at most"),
        (("--seconds", "1e9"), "--seconds is 1 to"),
        (("--rate", "1", "--at-once", "1"), "either --rate or --at-once"),
        (("--at-once", "1000000"), "requests at once"),
        (("--nodes", "99"), "--nodes is 0 to"),
        (("--mix", "no-such-mix"), "no-such-mix: The file cannot be read"),
    ],
)
def test_mistakes_of_a_load(
    arguments: tuple[str, ...],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["tests.load", *arguments])

    with pytest.raises(SystemExit) as ended:
        load.main()

    assert ended.value.code not in (0, None)
    assert said in capsys.readouterr().err + str(ended.value.code)


@pytest.mark.sipp
@pytest.mark.timeout(120)
async def test_a_bench_writes_its_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# By hand\n\n{BEGIN}\n{END}\n")

    status, out, err = await run(
        "tests.load.bench",
        *("--seconds", "2", "--only", "document,one,sipp", "--page", str(page)),
    )

    text = page.read_text()
    assert (status, err) == (0, "")
    assert "Paths of the performance budget" in out
    assert text.startswith("# By hand\n")
    for row in (
        "| makeCall with a CCXML document | calls/s",
        "|  | calls without report | at most 0 | 0 | met |",
        "| makeCall, one process | calls/s",
        "|  | CPU of a call | at most 0.75 ms |",
        "|  | terminal events lost | at most 0 | 0 | met |",
        "| SIPp calling SIPp | calls/s",
        "|  | outring to SIPp: CPU of a call |",
        "- PJSIP: ",
    ):
        assert row in text


async def test_mistakes_of_a_bench() -> None:
    status, _, err = await run("tests.load.bench", "--only", "one,everything")

    assert status == 2
    assert "--only knows no everything" in err
