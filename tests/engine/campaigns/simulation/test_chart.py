from xml.etree import ElementTree

import pytest

from engine.campaigns.simulation.chart import Panel, Series, draw_chart
from engine.campaigns.simulation.plan import SimulationPlan
from engine.campaigns.simulation.plots import plot
from engine.campaigns.simulation.simulator import SimulationResult
from engine.campaigns.simulation.tally import DAY_S, Slot, Tally

HOUR = 3600
SVG = "{http://www.w3.org/2000/svg}"


def lines(svg: str) -> list[str]:
    """The paths of the values, without those of the legend."""
    tree = ElementTree.fromstring(svg)
    paths = [path for path in tree.iter(f"{SVG}path") if "line" in path.attrib["class"]]
    return [d for path in paths if (d := path.attrib["d"]) and "h24" not in d]


def draw(*values: float | None, limit: float | None = None) -> str:
    labels = [str(number) for number in range(len(values))]
    return draw_chart("It", labels, [Panel("Calls", [Series("a", values)], limit)])


def test_a_line_goes_through_all_values() -> None:
    (line,) = lines(draw(0, 5, 10))

    assert line == "M208.3 210.0L485.0 135.0L761.7 60.0"


def test_a_value_that_is_missing_leaves_a_gap() -> None:
    (line,) = lines(draw(1, None, 1, 1))

    assert (line.count("M"), line.count("L")) == (2, 1)


@pytest.mark.parametrize(
    ("values", "limit", "highest"),
    [
        ((3,), None, "4"),
        ((47,), None, "60"),
        ((0.02,), 0.03, "0.04"),
        ((0,), None, "1"),
    ],
)
def test_the_scale_ends_above_all_values(
    values: tuple[float, ...], limit: float | None, highest: str
) -> None:
    assert f">{highest}</text>" in draw(*values, limit=limit)


def test_names_are_escaped() -> None:
    svg = draw_chart("a < b", ["&"], [Panel("<p>", [Series("&", [1])])])

    assert lines(svg) == ["M485.0 60.0"]


@pytest.mark.parametrize(("days", "label"), [(1, "10:00"), (7, "02 Mar")])
def test_a_simulation_is_drawn_by_quarters_of_an_hour_or_days(
    days: int, label: str
) -> None:
    tally = Tally()
    for day in range(days):
        for at in range(10 * HOUR, 16 * HOUR, HOUR // 4):
            tally.at(day * DAY_S + at).add(Slot(calls=5, persons=1, staffed_s=900.0))

    svg = plot([SimulationResult(SimulationPlan(), tally, None, 0)])

    assert f">{label}</text>" in svg
    assert len(lines(svg)) == 3
