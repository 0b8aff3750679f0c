"""Server-sent events out of the parts of a stream (HTML Living Standard §9.2.6). Pure."""

from dataclasses import dataclass

COMMENT = ":"
"""Type of what stands for comments, by which a stream shows that it lives."""


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """An event of a stream; ``id`` is what to go on from behind it, empty if it has none."""

    type: str
    data: str = ""
    id: str = ""


class EventStreamParser:
    """Makes events of the parts of one stream, however it is cut into parts."""

    def __init__(self) -> None:
        self._rest = b""
        self._type = self._id = ""
        self._data: list[str] = []

    def feed(self, part: bytes) -> list[StreamEvent]:
        """Return the events and comments that are complete with *part*."""
        *lines, self._rest = (self._rest + part).split(b"\n")
        events = (self._take(line.removesuffix(b"\r")) for line in lines)
        return [event for event in events if event is not None]

    def _take(self, line: bytes) -> StreamEvent | None:
        if not line:
            return self._complete()
        name, _, value = line.decode(errors="replace").partition(":")
        value = value.removeprefix(" ")
        match name:
            case "":
                return StreamEvent(COMMENT)
            case "event":
                self._type = value
            case "data":
                self._data.append(value)
            case "id":
                self._id = value
        return None

    def _complete(self) -> StreamEvent | None:
        event = StreamEvent(self._type or "message", "\n".join(self._data), self._id)
        is_empty = not self._data
        self._type = self._id = ""
        self._data = []
        return None if is_empty else event
