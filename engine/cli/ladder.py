"""``outring ladder``: draws the SIP messages of a call in both directions with their times."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from .api_client import View
from .call_watch import NotShownError, watch_call
from .store_access import complete_uuid
from .target import Key, Url
from .terminal import make_printable, out, print_json_line

if TYPE_CHECKING:
    from engine.records.record_view import MessageView

BETWEEN = 44  # characters from one vertical line to the next
_TIMES = 27  # characters before the lines
_US = "outring"


def ladder(
    uuid: Annotated[
        str,
        typer.Argument(
            help="applicationUUID of the call.", autocompletion=complete_uuid
        ),
    ],
    key: Key = "",
    url: Url = "",
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on until the call has ended.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, one line for each message.")
    ] = False,
) -> None:
    """Draw the SIP messages of a call: seconds since the first one, and since the last.

    Each attempt, which is an INVITE of its own, is a ladder of its own. Exit status 0:
    drawn; 1: there is no such call, or nothing was sent; 2: wrong use or no server.
    """
    drawing = Drawing(as_json=as_json)

    def show(view: View) -> bool:
        calls = [view, *view.get("calls", ())]
        for call in calls:
            drawing.add(call.get("ladder", ()))
        is_over = not follow or all(call["state"] == "ended" for call in calls)
        if is_over:
            drawing.finish(sum(call.get("ladderMore", 0) for call in calls))
        return is_over

    watch_call(url, uuid, key, show)


class Drawing:
    """Prints the messages of all legs of a call, each message once."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._legs: dict[str, _Leg] = {}
        self._began: datetime | None = None
        self._last = ""  # Call-ID of the ladder that is being drawn

    def add(self, messages: Iterable["MessageView"]) -> None:
        """Draw the messages that have come since the last time; *messages* are all of a call."""
        by_leg: dict[str, list[MessageView]] = {}
        for message in messages:
            by_leg.setdefault(message["callId"], []).append(message)
        for call_id, of_leg in by_leg.items():
            leg = self._legs.setdefault(call_id, _Leg(call_id))
            new = of_leg[leg.count :]
            if self._as_json:
                for message in new:
                    print_json_line(message)
            elif new:
                self._draw(leg, new)
            leg.count = len(of_leg)

    def finish(self, more: int) -> None:
        """Say that *more* messages were not kept; raises NotShownError if there were none."""
        if not self._legs:
            raise NotShownError("No SIP message of this call is known.")
        if more and not self._as_json:
            out.print(Text(f"and {more} more messages, which are not kept"))

    def _draw(self, leg: "_Leg", messages: list["MessageView"]) -> None:
        met = list(dict.fromkeys(message["peer"] for message in messages))
        strangers = [peer for peer in met if peer not in leg.peers]
        leg.peers += strangers
        if strangers or leg.call_id != self._last:
            if self._last:
                out.print()
            for line in leg.draw_head():
                out.print(line, soft_wrap=True)
        self._last = leg.call_id
        for message in messages:
            at = datetime.fromisoformat(message["at"])
            self._began = self._began or at
            since_first = (at - self._began).total_seconds()
            gap = f"{(at - leg.last).total_seconds():+.6f}" if leg.last else ""
            leg.last = at
            times = Text(f"{since_first:12.6f} {gap:>12}  ", style="dim")
            out.print(times.append(leg.draw_rung(message)), soft_wrap=True)
            if note := message.get("note"):
                line = Text(" " * _TIMES).append(leg.draw_note(note))
                out.print(line, soft_wrap=True)


class _Leg:
    """The ladder of one Call-ID: a vertical line for us, and one for each peer."""

    def __init__(self, call_id: str) -> None:
        self.call_id = call_id
        self.count = 0  # messages drawn
        self.last: datetime | None = None
        self.peers: list[str] = []

    def draw_head(self) -> Iterator[Text]:
        """The Call-ID, and a line with the name of each vertical line above it."""
        yield Text(f"Call-ID {make_printable(self.call_id)}", style="bold")
        line = _US.rjust(_TIMES + len(_US) // 2 + 1)
        for number, peer in enumerate(map(make_printable, self.peers), 1):
            middle = _TIMES + number * BETWEEN
            line = f"{line:{middle - len(peer) // 2}}{peer}"
        yield Text(line)

    def draw_rung(self, message: "MessageView") -> Text:
        """The arrow of one message between our line and that of its peer."""
        reach = self.peers.index(message["peer"]) + 1
        room = reach * BETWEEN - 1
        text = make_printable(f"{message['message']} ({_format_sequence(message)})")
        if len(text) > room - 6:
            text = f"{text[: room - 7]}…"
        shaft = f" {text} ".center(room - 1, "─")
        arrow = f"{shaft}▶" if message["direction"] == "sent" else f"◀{shaft}"
        rest = f"{' ' * (BETWEEN - 1)}│" * (len(self.peers) - reach)
        drawn = Text("│", style="default not dim")
        return drawn.append(arrow, style=_choose_style(message["message"])).append(
            f"│{rest}"
        )

    def draw_note(self, note: str) -> Text:
        """What was wrong with the message above, as a text beside our line."""
        return Text("│ ", style="default").append(make_printable(note), style="yellow")


def _format_sequence(message: "MessageView") -> str:
    """The CSeq; of a request the number only, since its method is shown already."""
    number, _, method = message["cseq"].partition(" ")
    return number if method == message["message"] else message["cseq"]


def _choose_style(message: str) -> str:
    """The colour of a message: of a request, or of a response by its class."""
    return {"1": "yellow", "2": "green"}.get(
        message[:1], "red" if message[:1].isdecimal() else "cyan"
    )
