"""Configures the log: one line per event on standard error, for people or as JSON."""

import json
import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, cast

import msgspec
import structlog

from .console_log import Event, make_console_renderer
from .redaction import mask_address, mask_text
from .settings import LogSettings

Render = Callable[[object, str, Event], bytes]

Mask = Callable[[str], str]

MASKS: dict[str, Mask] = {
    "to": mask_address,
    "exception": mask_text,
    "label": mask_text,
    "received": mask_text,
    "reason": mask_text,
    "text": mask_text,
    "uri": mask_text,
    "why": mask_text,
}
"""Fields in which numbers may stand, and how they are masked there."""

_encode = msgspec.json.Encoder(enc_hook=repr).encode
_of_record = structlog.stdlib.ExtraAdder()


def configure_log(settings: LogSettings, process: str | None = None) -> None:
    """Send our events, and those of libraries, to standard error.

    *process* is added to each line: the name of this process among several.
    """
    as_json = settings.format == "json" or (
        settings.format == "auto" and not sys.stderr.isatty()
    )
    level = logging.getLevelName(settings.level.upper())
    lines = _Lines(sys.stderr.fileno())
    masks = {} if settings.numbers else MASKS
    render = _make_renderer(
        process, _to_json if as_json else make_console_renderer(), masks
    )
    structlog.configure(
        processors=[render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.handlers = [_Foreign(render, lines)]
    root.setLevel(level)
    logging.getLogger("alembic").setLevel(logging.WARNING)


class _Lines:
    """Writes lines atomically, whichever thread they come from.

    A line that cannot be written is lost: a full disk must not cost calls.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()

    def msg(self, line: bytes) -> None:
        """Write one line; structlog dictates the name."""
        rest = line + b"\n"
        with suppress(OSError), self._lock:
            while rest:  # one round, unless a pipe takes only a part
                rest = rest[os.write(self._descriptor, rest) :]

    debug = info = warning = error = critical = msg


class _Foreign(logging.Handler):
    """Gives the log records of libraries the form of our own events."""

    def __init__(self, render: Render, lines: _Lines) -> None:
        super().__init__()
        self._render = render
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        """See ``logging.Handler.emit``."""
        try:
            level = record.levelname.lower()
            event: dict[str, Any] = {"event": record.getMessage(), "_record": record}
            _of_record(cast(Any, None), level, event)
            del event["_record"]
            event["logger"], event["exc_info"] = record.name, record.exc_info
            self._lines.msg(self._render(None, level, event))
        except Exception:  # noqa: BLE001 - what a library logs may be anything
            self.handleError(record)


def _make_renderer(
    process: str | None,
    to_bytes: Callable[[Event], bytes],
    masks: dict[str, Mask],
) -> Render:
    """Return the function that makes a line of an event; it runs twice for each call."""
    always = {} if process is None else {"process": process}

    def render(_: object, level: str, event: Event) -> bytes:
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        line = {"timestamp": now[:-6] + "Z", "level": level, "event": event["event"]}
        line |= always
        line |= event
        if "exc_info" in line and (
            traceback := _format_exception(line.pop("exc_info"))
        ):
            line["exception"] = traceback
        for name in masks:
            if (value := line.get(name)) is not None:
                line[name] = masks[name](str(value))
        return to_bytes(line)

    return render


def _format_exception(exc_info: object) -> str | None:
    """Return the traceback without the values of variables, which hold numbers and keys."""
    match exc_info:
        case (_, BaseException() as error, _) | (BaseException() as error):
            return "".join(traceback.format_exception(error))
        case True if (current := sys.exception()) is not None:
            return "".join(traceback.format_exception(current))
        case _:
            return None


def _to_json(line: Event) -> bytes:
    try:
        return _encode(line)
    except (UnicodeEncodeError, TypeError):  # such as half a surrogate pair
        return json.dumps(line, default=repr).encode()
