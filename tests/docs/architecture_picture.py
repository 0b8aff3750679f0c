"""The rooms of the picture in ``docs/architecture.md``, drawn from the layers that are held."""

from collections.abc import Iterator
from itertools import pairwise

from tests.test_architecture import LAYERS

LEFT, RIGHT, TOP = 32, 556, 48
HEIGHT, GAP, PITCH = 36, 12, 51
LAST = 624
"""Where the lowest layer stands, beside the thread that it has work for."""
PURE = {"vxml", "ccxml", "sip"}
CROWDED = 4
"""So many rooms of a layer have names in the usual size."""


def draw_rooms() -> str:
    """A box for each room, layer below layer, and an arrow from each layer to the next."""
    rows = [_top_of(number) for number in range(len(LAYERS))]
    boxes = [
        box
        for top, rooms in zip(rows, LAYERS, strict=True)
        for box in _draw_layer(top, rooms)
    ]
    middle = (LEFT + RIGHT) // 2
    arrows = [
        f'<path class="arrow" d="M{middle} {above + HEIGHT}v{below - above - HEIGHT}"/>'
        for above, below in pairwise(rows)
    ]
    return "\n".join(boxes + arrows)


def _top_of(number: int) -> int:
    return LAST if number == len(LAYERS) - 1 else TOP + number * PITCH


def _draw_layer(top: int, rooms: tuple[str, ...]) -> Iterator[str]:
    width = (RIGHT - LEFT - GAP * (len(rooms) - 1)) / len(rooms)
    size = ' class="small"' if len(rooms) > CROWDED else ""
    for number, room in enumerate(rooms):
        x = LEFT + number * (width + GAP)
        kind = "low" if room in PURE else "room"
        yield (
            f'<g class="{kind}"><rect x="{x:g}" y="{top}" width="{width:g}" '
            f'height="{HEIGHT}" rx="5"/></g>'
            f'<text{size} x="{x + width / 2:g}" y="{top + HEIGHT // 2 + 5}">{room}</text>'
        )
