"""``outring campaigns simulate``: a campaign on made-up people and agents, before it calls anybody."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .listing import print_list
from .terminal import (
    OUTPUT,
    REFUSED,
    Json,
    out,
    print_error,
    print_json,
    report_config_errors,
)

if TYPE_CHECKING:
    from engine.campaigns.simulation.plan import SimulationPlan
    from engine.campaigns.simulation.report import SimulatedHour, SimulationSummary
    from engine.campaigns.simulation.simulator import SimulationResult

TOTALS = (
    *("mode", "agents", "calls", "persons", "abandoned", "worst window"),
    *("talk min/h", "lines", "finished", "left"),
)
HOURS = ("mode", "hour", "calls", "persons", "abandoned", "talk min/h", "lines")


def simulate(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help="TOML with pace, retries, windows, people and staff; without it all are "
            "as docs/campaigns-pace.md says.",
        ),
    ] = None,
    agents: Annotated[
        int | None, typer.Option(help="Agents at work.", min=1, max=2000)
    ] = None,
    contacts: Annotated[
        int | None, typer.Option(help="People to be called.", min=1, max=2_000_000)
    ] = None,
    days: Annotated[
        int | None, typer.Option(help="Days after which it stops.", min=1, max=366)
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="The same seed gives the same result.")
    ] = None,
    mode: Annotated[
        list[str] | None,
        typer.Option(
            metavar="fixed|power|progressive|predictive",
            help="What decides how many are called; repeatable, to compare them.",
        ),
    ] = None,
    svg: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write a chart as SVG.", rich_help_panel=OUTPUT
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Simulate a campaign: how fast it calls, how many it abandons, how much agents talk.

    The rules are those of real campaigns, in simulated time. No call is placed, and no
    database is read.
    """
    from engine.campaigns.simulation.simulator import simulate_campaign

    plan = _change(_read_plan(file), agents, contacts, days, seed)
    results = [
        simulate_campaign(_with_mode(plan, name)) for name in mode or [plan.pace.mode]
    ]
    if svg is not None:
        _write_chart(svg, results)
    if as_json:
        print_json([_view(result) for result in results])
    else:
        _print_results(results)


def _read_plan(file: Path | None) -> "SimulationPlan":
    from engine.campaigns.simulation.plan import SimulationPlan
    from engine.config.toml_file import TomlFile

    if file is None:
        return SimulationPlan()
    with report_config_errors():
        return TomlFile(file).validate(SimulationPlan)


def _change(
    plan: "SimulationPlan",
    agents: int | None,
    contacts: int | None,
    days: int | None,
    seed: int | None,
) -> "SimulationPlan":
    """Return *plan* with what options say."""
    people = {} if contacts is None else {"contacts": contacts}
    staff = {} if agents is None else {"agents": agents}
    whole = {"days": days, "seed": seed}
    return plan.model_copy(
        update={
            **{name: value for name, value in whole.items() if value is not None},
            "people": plan.people.model_copy(update=people),
            "staff": plan.staff.model_copy(update=staff),
        }
    )


def _with_mode(plan: "SimulationPlan", name: str) -> "SimulationPlan":
    from engine.platform.campaign_options import PaceMode

    try:
        mode = PaceMode(name)
    except ValueError:
        known = ", ".join(PaceMode)
        raise typer.BadParameter(
            f"{name} is none of {known}.", param_hint="--mode"
        ) from None
    pace = plan.pace.model_copy(update={"mode": mode})
    return plan.model_copy(update={"pace": pace})


# -- what is shown ---------------------------------------------------------------------


def _view(result: "SimulationResult") -> dict[str, Any]:
    from engine.campaigns.simulation.report import by_day, by_hour, summarize

    return {
        "total": summarize(result),
        "hours": by_hour(result),
        "days": by_day(result),
    }


def _print_results(results: Sequence["SimulationResult"]) -> None:
    from engine.campaigns.simulation.report import by_hour, summarize

    print_list(TOTALS, [_total_row(summarize(result)) for result in results])
    out.print()
    print_list(
        HOURS,
        [
            [result.plan.pace.mode.value, *_hour_row(hour)]
            for result in results
            for hour in by_hour(result)
        ],
    )


def _total_row(total: "SimulationSummary") -> list[str]:
    finished = total.finished_hours
    return [
        total.mode.value,
        str(total.agents),
        str(total.calls),
        str(total.persons),
        f"{total.abandoned_share:.2%}",
        f"{total.worst_window:.2%}",
        f"{total.talk_minutes:.1f}",
        f"{total.lines:.1f}",
        "" if finished is None else f"after {finished:.1f} h",
        str(total.left),
    ]


def _hour_row(hour: "SimulatedHour") -> list[str]:
    return [
        f"{hour.hour:02}:00",
        f"{hour.calls:.0f}",
        f"{hour.persons:.0f}",
        f"{hour.abandoned_share:.2%}",
        f"{hour.talk_minutes:.1f}",
        f"{hour.lines:.1f}",
    ]


def _write_chart(file: Path, results: Sequence["SimulationResult"]) -> None:
    from engine.campaigns.simulation.plots import plot

    try:
        file.write_text(plot(results))
    except OSError as error:
        print_error(f"{file} cannot be written: {error.strerror}.")
        raise typer.Exit(REFUSED) from error
