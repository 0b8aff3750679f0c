"""``outring ccxml trace``: prints what a running application has done, step by step."""

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from .api_client import View
from .call_watch import watch_call
from .target import Key, Url
from .terminal import Json, make_printable, out

if TYPE_CHECKING:
    from .trace_output import StepView


def trace(
    uuid: Annotated[str, typer.Argument(help="applicationUUID of the answer.")],
    key: Key = "",
    url: Url = "",
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on until it has ended.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show what an application did, as `outring ccxml run` does.

    Exit status 0: shown; 1: there is no such application, or others have ended
    since; 2: wrong use or no server.
    """
    printer = TracePrinter(as_json=as_json)

    def show(view: View) -> bool:
        printer.print_new(view)
        return bool(view["isOver"]) or not follow

    watch_call(url, uuid, key, show, part="/trace")


class TracePrinter:
    """Prints the steps of all sessions of an application, each step once."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._counts: Counter[str] = Counter()  # by session, the end among them
        self._last = ""

    def print_new(self, view: View) -> None:
        """Print the steps of *view*, a ``TracesView``, that have come since the last call.

        Says how many were missed, since the server keeps the last steps only.
        """
        for session in view["sessions"]:
            identity, skipped = session["sessionId"], session["skipped"]
            steps: list[StepView] = [*session["moments"]]
            if "ending" in session:
                steps.append(session["ending"])
            if (missed := skipped - self._counts[identity]) > 0:
                self._print_head(identity, session["uri"])
                self._print_missed(missed)
            for step in steps[max(-missed, 0) :]:
                self._print_head(identity, session["uri"])
                self._print_step(identity, step)
            self._counts[identity] = skipped + len(steps)

    def _print_head(self, identity: str, uri: str) -> None:
        if identity != self._last and not self._as_json:
            line = Text(
                f"session {make_printable(identity)}  {make_printable(uri)}",
                style="bold",
            )
            out.print(line, soft_wrap=True)
        self._last = identity

    def _print_missed(self, count: int) -> None:
        if not self._as_json:
            out.print(Text(f"{'…':>9}  {count} earlier steps", style="dim"))

    def _print_step(self, identity: str, step: "StepView") -> None:
        from .trace_output import print_step, print_step_json

        if self._as_json:
            print_step_json(step, sessionId=identity)
        else:
            print_step(step)
