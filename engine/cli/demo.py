"""``outring demo``: two real calls on loopback, and what became of them."""

from typing import Annotated

import typer


def demo(
    is_full: Annotated[
        bool,
        typer.Option("--full", help="Print requests, answers and every message, too."),
    ] = False,
) -> None:
    """Place two real calls on loopback and show them: one speaks, the other asks.

    A platform of its own serves for as long as that takes, in a folder that is removed
    afterwards; `outring callee` is called.
    """
    from .demo_calls import place_demo_calls

    place_demo_calls(is_full=is_full)
