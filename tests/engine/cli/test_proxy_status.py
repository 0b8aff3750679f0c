"""The table of ``outring proxies status``, and the lines below it."""

from typing import Any

from rich.console import Console

from engine.cli.proxy_status import show

UP: dict[str, Any] = {
    "id": "west",
    "state": "up",
    "since": None,
    "why": "",
    "by": None,
    "calls": 12,
    "limit": 100,
    "attempts": 4812,
    "answered": 2406,
    "answerSeizureRatio": 0.5,
    "postDialDelay": {"median": 1200, "p95": 3400},
    "errors": [],
}
DOWN: dict[str, Any] = {
    **UP,
    "id": "east",
    "state": "down",
    "since": "2026-11-30T22:06:31+00:00",
    "why": "local-timer",
    "limit": None,
    "errors": [
        {"at": "2026-11-30T22:06:31+00:00", "status": 408, "reason": "No response"}
    ],
}


def shown(*views: dict[str, Any]) -> list[str]:
    console = Console(width=80)
    with console.capture() as capture:
        console.print(show(list(views)))
    return [line.rstrip() for line in capture.get().splitlines()]


def test_everything_can_be_read_in_eighty_columns() -> None:
    lines = shown(UP, DOWN)

    assert lines == [
        "proxy  state  calls  limit  attempts  answered  ASR    PDD   95 %",
        "west   up        12    100      4812      2406  50%  1.2 s  3.4 s",
        "east   down      12             4812      2406  50%  1.2 s  3.4 s",
        "east is down since 2026-11-30 22:06:31Z: local-timer",
        "east failed last: 408 No response, 2026-11-30 22:06:31Z",
    ]


def test_who_drains_it_stands_behind_the_reason() -> None:
    draining = {**UP, "state": "draining", "why": "new SBC", "by": "alice"}

    assert shown(draining)[-1] == "west is draining: new SBC (alice)"
