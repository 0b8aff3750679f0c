"""The log as people read it on a terminal: local time, short ids, what matters first."""

import sys
from collections.abc import Callable, MutableMapping
from datetime import datetime
from typing import Any

import structlog

Event = MutableMapping[str, Any]

SHORT = 8  # characters of an id: they tell the calls of a screen apart
IDS = ("callId", "sessionId", "session", "lease", "applicationUUID")
WHOLE = "applicationUUID"  # which commands take
FIRST = ("url", "to", "result", "disposition", "status", "reason", "origin", "proxy")
LAST = ("application", "account", "node", "process", *IDS)


def make_console_renderer() -> Callable[[Event], bytes]:
    """Make what writes an event as a line for people, in colours on a terminal."""
    show = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), sort_keys=False)
    return lambda line: show(None, line["level"], shape_for_console(line)).encode(
        errors="backslashreplace"
    )


def shape_for_console(line: Event) -> Event:
    """Return *line* with its time in the local zone, most ids cut short, and fields in order.

    Fields without a value are left out. Whole ids are in the log as JSON, and a short one
    is enough for ``grep`` there. That of the application, which commands take, stays whole.
    """
    names = [*FIRST, *(name for name in line if name not in {*FIRST, *LAST}), *LAST]
    shaped = {name: line[name] for name in names if line.get(name) is not None}
    for name in IDS:
        if name in shaped and name != WHOLE:
            shaped[name] = str(shaped[name])[:SHORT]
    at = datetime.fromisoformat(line["timestamp"]).astimezone()
    shaped["timestamp"] = f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03}"
    return shaped
