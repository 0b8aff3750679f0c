"""Simulations by the command line: what is given, and what is printed."""

import json
from pathlib import Path

import pytest

from tests.engine.process import command

PLAN = """days = 1

[pace]
mode = "progressive"
calls_per_second = 5.0

[people]
contacts = 300

[staff]
agents = 4

[staff.hours]
opens = "10:00"
closes = "10:30"
"""


@pytest.fixture
def plan(tmp_path: Path) -> str:
    file = tmp_path / "plan.toml"
    file.write_text(PLAN)
    return str(file)


async def test_modes_are_compared(plan: str) -> None:
    status, out, _ = await command(
        *("campaigns", "simulate", plan),
        *("--mode", "predictive", "--mode", "progressive"),
    )

    totals, hours = (part.splitlines() for part in out.split("\n\n"))
    assert status == 0
    assert [row.split("\t")[0] for row in totals] == [
        *("mode", "predictive", "progressive")
    ]
    assert [row.split("\t")[:2] for row in hours[1:]] == [
        *(["predictive", "10:00"], ["progressive", "10:00"])
    ]


async def test_a_seed_gives_the_same_json(plan: str) -> None:
    runs = [
        await command("campaigns", "simulate", plan, "--seed", seed, "--json")
        for seed in ("3", "3", "4")
    ]

    assert runs[0] == runs[1] != runs[2]
    (result,) = json.loads(runs[0][1])
    assert result["total"]["mode"] == "progressive"
    assert result["total"]["calls"] == sum(result["total"]["outcomes"].values())
    assert [day["day"] for day in result["days"]] == ["2026-03-02"]


async def test_options_come_before_the_file(plan: str) -> None:
    status, out, _ = await command(
        *("campaigns", "simulate", plan, "--json"),
        *("--agents", "2", "--contacts", "7", "--days", "2"),
    )

    (result,) = json.loads(out)
    assert (status, result["total"]["agents"]) == (0, 2)
    assert result["total"]["calls"] <= 7 * 3


async def test_a_chart_is_written(plan: str, tmp_path: Path) -> None:
    chart = tmp_path / "pace.svg"

    status, _, _ = await command("campaigns", "simulate", plan, "--svg", str(chart))

    assert status == 0
    assert chart.read_text().startswith("<svg ")


async def test_mistakes_of_the_file_have_their_line(tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    file.write_text("days = 1\n[staff]\nagents = 0\n")

    status, _, err = await command("campaigns", "simulate", str(file))

    assert status == 2
    assert f"{file}:3: staff.agents" in err


@pytest.mark.parametrize(
    ("arguments", "status", "text"),
    [
        (("--mode", "fast"), 2, "fast is none of fixed, power"),
        (("--svg", "/nowhere/x.svg"), 1, "/nowhere/x.svg cannot be written"),
        (("--agents", "0"), 2, "Invalid value for '--agents'"),
    ],
)
async def test_what_cannot_be_done_is_said(
    plan: str, arguments: tuple[str, ...], status: int, text: str
) -> None:
    code, _, err = await command("campaigns", "simulate", plan, *arguments)

    assert (code, text in err.replace("\n", " ")) == (status, True), err
