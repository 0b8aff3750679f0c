"""The last messages of a run, so that a finding can be told and sent again."""

import base64
import json
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

KEPT = 3000


@dataclass(frozen=True, slots=True)
class Entry:
    """One message, or piece of one, or the end of a connection (without data)."""

    at: float  # seconds since the run began
    way: str  # sent, received, or rtp: sent to the port of the call's media
    episode: str  # kind and number of what it belongs to
    link: str  # udp, or the name of a TCP connection
    data: bytes | None
    heard: int  # how many requests of its call had come when it was sent
    values: dict[str, str]  # of the target, which differ at every run


class History:
    """Keeps the last messages."""

    def __init__(self, kept: int = KEPT) -> None:
        self.count = 0
        self._began = time.monotonic()
        self._entries: deque[Entry] = deque(maxlen=kept)

    def note(
        self,
        way: str,
        episode: str,
        link: str,
        data: bytes | None,
        *,
        heard: int = 0,
        values: dict[str, str] | None = None,
    ) -> None:
        """Keep one message."""
        self.count += 1
        at = round(time.monotonic() - self._began, 4)
        self._entries.append(Entry(at, way, episode, link, data, heard, values or {}))

    def save(self, file: Path) -> None:
        """Write what is kept: JSON lines, bytes both as base64 and to be read."""
        with file.open("w") as lines:
            for entry in self._entries:
                lines.write(json.dumps(_to_json(entry)) + "\n")


def load(file: Path) -> list[Entry]:
    """Read what ``History.save`` wrote."""
    return [_from_json(json.loads(line)) for line in file.read_text().splitlines()]


def _to_json(entry: Entry) -> dict[str, object]:
    data = entry.data
    return {
        "at": entry.at,
        "way": entry.way,
        "episode": entry.episode,
        "link": entry.link,
        "heard": entry.heard,
        "values": entry.values,
        "data": None if data is None else base64.b64encode(data).decode(),
        "text": None if data is None else data[:2000].decode("latin-1"),
    }


def _from_json(fields: dict[str, object]) -> Entry:
    data = fields.pop("data")
    fields.pop("text", None)
    raw = base64.b64decode(data) if isinstance(data, str) else None
    return Entry(data=raw, **fields)  # type: ignore[arg-type]
