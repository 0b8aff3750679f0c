"""A small writer of line charts as SVG, in light and dark, without any library."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from xml.sax.saxutils import escape

WIDTH, LEFT, RIGHT = 920, 70, 20
TOP, PANEL, GAP, BOTTOM = 60, 150, 46, 40
TICKS = 4
MOST_LABELS = 12
COLOURS = ("#3c6ea8", "#b0762a", "#4d8a41", "#7a58ab")
DARK_COLOURS = ("#6f9fd8", "#dba458", "#7fb873", "#ab8cdb")

_STYLE = """<style>
  .ground { fill: #ffffff }
  text { fill: #1d2530; font: 13px sans-serif }
  .label { fill: #4b5665; font-size: 12px }
  .middle { text-anchor: middle }
  .end { text-anchor: end }
  .grid { stroke: #dfe4ea; fill: none }
  .limit { stroke: #b3261e; stroke-dasharray: 6 4; fill: none }
  .line { fill: none; stroke-width: 2; stroke-linejoin: round }
%s
  @media (prefers-color-scheme: dark) {
    .ground { fill: #12161c }
    text { fill: #e4e9f0 }
    .label { fill: #aab4c2 }
    .grid { stroke: #2b333d }
    .limit { stroke: #f2a29c }
%s
  }
</style>"""


@dataclass(frozen=True, slots=True)
class Series:
    """Values of a line, one for each label of the chart; None leaves a gap."""

    name: str
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Panel:
    """Lines with a scale of their own; *limit* is a dashed line across."""

    title: str
    series: Sequence[Series]
    limit: float | None = None


def draw_chart(title: str, labels: Sequence[str], panels: Sequence[Panel]) -> str:
    """Return a chart as SVG: *panels* below each other, over the same *labels*."""
    height = TOP + len(panels) * (PANEL + GAP) - GAP + BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'role="img" aria-labelledby="title">',
        f'<title id="title">{escape(title)}</title>',
        _STYLE % (_colours(COLOURS), _colours(DARK_COLOURS)),
        f'<rect class="ground" width="{WIDTH}" height="{height}"/>',
        *_draw_legend([series.name for series in panels[0].series]),
    ]
    for number, panel in enumerate(panels):
        parts += _draw_panel(panel, len(labels), TOP + number * (PANEL + GAP))
    parts += _draw_labels(labels, height - BOTTOM + 18)
    return "\n".join([*parts, "</svg>", ""])


def _colours(colours: Sequence[str]) -> str:
    return "\n".join(
        f"  .s{number} {{ stroke: {colour} }}" for number, colour in enumerate(colours)
    )


def _draw_legend(names: Sequence[str]) -> Iterator[str]:
    for number, name in enumerate(names):
        x = LEFT + number * 160
        yield f'<path class="line {_class(number)}" d="M{x} 18h24"/>'
        yield f'<text x="{x + 30}" y="22">{escape(name)}</text>'


def _draw_panel(panel: Panel, count: int, top: int) -> Iterator[str]:
    highest = _ceiling(panel)
    bottom = top + PANEL
    yield f'<text x="{LEFT}" y="{top - 8}">{escape(panel.title)}</text>'
    for tick in range(TICKS + 1):
        y = bottom - PANEL * tick / TICKS
        yield f'<path class="grid" d="M{LEFT} {y:g}H{WIDTH - RIGHT}"/>'
        value = f"{highest * tick / TICKS:g}"
        yield f'<text class="label end" x="{LEFT - 6}" y="{y + 4:g}">{value}</text>'
    if panel.limit is not None:
        y = bottom - PANEL * panel.limit / highest
        yield f'<path class="limit" d="M{LEFT} {y:g}H{WIDTH - RIGHT}"/>'
    for number, series in enumerate(panel.series):
        path = _path(series.values, count, bottom, PANEL / highest)
        yield f'<path class="line {_class(number)}" d="{path}"/>'


def _draw_labels(labels: Sequence[str], y: int) -> Iterator[str]:
    every = max(1, math.ceil(len(labels) / MOST_LABELS))
    for number in range(0, len(labels), every):
        x = _x(number, len(labels))
        yield (
            f'<text class="label middle" x="{x:.1f}" y="{y}">'
            f"{escape(labels[number])}</text>"
        )


def _path(values: Sequence[float | None], count: int, bottom: int, scale: float) -> str:
    points = [
        (None if value is None else f"{_x(at, count):.1f} {bottom - value * scale:.1f}")
        for at, value in enumerate(values)
    ]
    return "".join(
        ("L" if before is not None else "M") + point
        for before, point in pairwise([None, *points])
        if point is not None
    )


def _ceiling(panel: Panel) -> float:
    """The least of 1, 2, 4, 6, 8 and 10 times a power of ten that all values are below."""
    values = [value for series in panel.series for value in series.values if value]
    most = max([*values, panel.limit or 0.0], default=0.0)
    if most <= 0:
        return 1.0
    power: float = 10.0 ** math.floor(math.log10(most))
    return next(it * power for it in (1, 2, 4, 6, 8, 10) if it * power >= most)


def _x(number: int, count: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * (number + 0.5) / max(1, count)


def _class(number: int) -> str:
    return f"s{number % len(COLOURS)}"
