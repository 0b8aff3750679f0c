"""``outring serve``: runs a process of outring, with nodes beside it if asked to."""

import gc
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.config.role import Role

from .target import Config
from .terminal import make_fields_table, out, report_config_errors

if TYPE_CHECKING:
    from engine.app.child_processes import Child
    from engine.app.local_node_plan import NodePlan
    from engine.config.settings import Settings


def serve(
    role: Annotated[
        Role | None,
        typer.Option(help="What this process does; front and node need --redis."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Name of this process on the platform.")
    ] = None,
    redis: Annotated[
        str | None,
        typer.Option(metavar="URL", help="What several processes share."),
    ] = None,
    database: Annotated[
        str | None, typer.Option(metavar="URL", help="Objects and records.")
    ] = None,
    nodes: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="Be a front end, and run N nodes beside it."
        ),
    ] = None,
    stop_at_eof: Annotated[bool, typer.Option("--stop-at-eof", hidden=True)] = False,
    config: Config = None,
) -> None:
    """Serve the HTTP API and place calls, in the foreground.

    SIGTERM or Ctrl-C takes no new requests and lets calls end; a second one hangs up.
    With --redis processes on any machines are one platform: front ends take requests,
    nodes carry calls, and role all, which is the default, does both. With --nodes this
    one is a front end, and runs nodes on this machine, which end with it.
    """
    import uvloop

    from engine.app.local_node_plan import plan_nodes
    from engine.app.process import serve as serve_forever
    from engine.config.log_config import configure_log
    from engine.config.settings import load_settings

    if nodes and role not in (None, Role.FRONT):
        raise typer.BadParameter("--nodes makes this process a front end.")
    options = {
        "OUTRING_NODE_ROLE": Role.FRONT if nodes else role,
        "OUTRING_NODE_NAME": name,
        "OUTRING_REDIS_URL": redis,
        "OUTRING_DATABASE_URL": database,
    }
    with report_config_errors():
        settings = load_settings(config, options=options)
        plans = plan_nodes(settings, nodes) if nodes else ()
        children = [_make_child(plan, config) for plan in plans]
        is_one_of_many = settings.redis.url is not None
        configure_log(settings.log, settings.node.name if is_one_of_many else None)
        collect_less()
        serving = serve_forever(
            settings,
            children,
            stops_at_eof=stop_at_eof,
            on_serving=partial(_print_banner, settings),
        )
        status = uvloop.run(serving)
    if status:
        raise typer.Exit(status)


def _print_banner(settings: "Settings", url: str) -> None:
    """Tell a person on a terminal what serves where; for others there is the log."""
    from rich.text import Text

    from .banner import describe_process

    if out.is_terminal:
        out.print(Text("outring serves; Ctrl-C ends it", style="bold"))
        out.print(make_fields_table(list(describe_process(settings, url))))


def _make_child(plan: "NodePlan", config: Path | None) -> "Child":
    """The child process of *plan*, which runs this same command as a node."""
    from engine.app.child_processes import Child, own_command

    command = [*own_command(), "serve", "--role", Role.NODE, "--name", plan.name]
    command.append("--stop-at-eof")
    if config is not None:
        command += ["--config", str(config)]
    return Child(plan.name, command, {**os.environ, **plan.variables})


def collect_less() -> None:
    """Make the garbage collector run rarely, since it pauses all calls.

    A full collection looks at every object of every call and connection, which takes the
    longest when there are most. What calls leave behind is freed by reference counts, but
    for a few cycles, so that there is little to collect. What was imported stays for good,
    so it is frozen: no collection looks at it again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 5, 5)
