"""``outring webhooks deliveries``, ``replay``, ``rotate``, ``test`` and ``simulate``."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from .api_request import ask_admin
from .help_pages import GroupedCommand
from .listing import Csv, print_list
from .store_access import complete_identity
from .target import Token, Url
from .terminal import (
    MISUSED,
    REFUSED,
    Json,
    err,
    format_value,
    out,
    print_error,
    print_fields,
    print_json,
)

if TYPE_CHECKING:
    from engine.webhooks.simulation import Faults, Understood
    from engine.webhooks.simulator import PostResult

COLUMNS = ("event", "type", "state", "tries", "due", "status", "error")
Id = Annotated[
    str,
    typer.Argument(
        metavar="ID",
        help="The id of the webhook.",
        autocompletion=complete_identity("webhook"),
    ),
]


def add_commands(group: typer.Typer) -> None:
    """Add what can be done with deliveries to the commands of webhooks."""
    for name, command in COMMANDS.items():
        group.command(name, cls=GroupedCommand)(command)


def deliveries(
    name: Id,
    state: Annotated[
        str | None,
        typer.Option(
            help="Only those that are waiting, or that have failed.",
            metavar="waiting|failed",
        ),
    ] = None,
    limit: Annotated[int, typer.Option(help="So many at most.", min=1)] = 100,
    as_json: Json = False,
    as_csv: Csv = False,
    url: Url = "",
    token: Token = "",
) -> None:
    """List the events that a webhook has not taken yet: tried again, or given up."""
    query = f"limit={limit}" + (f"&state={quote(state, safe='')}" if state else "")
    views = ask_admin(url, token, "GET", f"{_path(name)}/deliveries?{query}")
    if as_json:
        print_json(views["deliveries"])
        return
    rows = [
        [format_value(view[column]) for column in COLUMNS]
        for view in views["deliveries"]
    ]
    print_list(COLUMNS, rows, as_csv=as_csv)


def replay(
    name: Id,
    since: Annotated[
        str | None,
        typer.Option(
            help="ISO 8601 time, or how long ago: 30s, 2h, 7d; without it what was "
            "given up.",
            metavar="TIME",
        ),
    ] = None,
    as_json: Json = False,
    url: Url = "",
    token: Token = "",
) -> None:
    """Deliver all events since a time again, or those that were given up."""
    query = f"?since={quote(since, safe='')}" if since else ""
    view = ask_admin(url, token, "POST", f"{_path(name)}/replay{query}")
    if as_json:
        print_json(view)
    elif since:
        out.print(f"All events since {view['since']} are delivered again.")
    else:
        out.print(f"Deliveries that are tried again: {view['failed']}.")


def rotate(
    name: Id,
    end: Annotated[
        bool, typer.Option("--end", help="Remove the older of its two secrets.")
    ] = False,
    as_json: Json = False,
    url: Url = "",
    token: Token = "",
) -> None:
    """Make a new secret for a webhook, beside the one that it has.

    Deliveries are signed by both, so that receivers change over in peace; --end removes
    the older one then.
    """
    path = f"{_path(name)}/secrets"
    if end:
        ask_admin(url, token, "DELETE", path)
        return
    view = ask_admin(url, token, "POST", path)
    if as_json:
        print_json(view)
        return
    err.print("The secret is shown this once.")
    out.print(view["secret"], highlight=False, soft_wrap=True)


def try_out(
    name: Id,
    as_json: Json = False,
    url: Url = "",
    token: Token = "",
) -> None:
    """Post a signed sample event to a webhook, and show what it has answered.

    Exit status 0: it has taken the event; 1: it has not; 2: wrong use, or nobody serves
    there.
    """
    view = ask_admin(url, token, "POST", f"{_path(name)}/test")
    if as_json:
        print_json(view)
    else:
        print_fields([(member, format_value(value)) for member, value in view.items()])
    if not view["taken"]:
        raise typer.Exit(REFUSED)


def simulate(
    uri: Annotated[str, typer.Argument(metavar="URI", help="Where to post.")],
    secret: Annotated[
        str | None,
        typer.Option(
            help="What to sign with, as whsec_…; one is made without it.",
            metavar="SECRET",
        ),
    ] = None,
    calls: Annotated[
        int, typer.Option(help="Calls, of seven events each.", min=1, max=1000)
    ] = 3,
    double: Annotated[
        float, typer.Option(help="Share of events that come twice.", min=0, max=1)
    ] = 0.2,
    late: Annotated[
        float,
        typer.Option(help="Share that comes behind younger ones.", min=0, max=1),
    ] = 0.1,
    lost: Annotated[
        float, typer.Option(help="Share that never comes.", min=0, max=1)
    ] = 0.0,
    seed: Annotated[
        int, typer.Option(help="The same number, the same simulation.")
    ] = 1,
    tries: Annotated[
        int, typer.Option(help="Tries of an event that is refused.", min=1, max=100)
    ] = 3,
    pause_ms: Annotated[
        int, typer.Option(help="Milliseconds between them.", min=0, max=60_000)
    ] = 200,
    as_json: Json = False,
) -> None:
    """Post the events of made-up calls to a receiver, some twice, late or never.

    It ends with what the receiver should have understood: compare it with what it knows.
    The calls are named by the seed. Exit status 0: all that was posted was taken; 1: some
    was not; 2: wrong use.
    """
    import asyncio

    from engine.webhooks.simulation import Faults

    faults = Faults(double, late, lost)
    results = asyncio.run(
        _simulate(
            uri,
            secret,
            calls,
            faults,
            seed=seed,
            tries=tries,
            pause_s=pause_ms / 1000,
            prints=not as_json,
        )
    )
    _print_verdict(results, as_json=as_json)
    if not all(result.answer.is_taken for result in results):
        raise typer.Exit(REFUSED)


async def _simulate(
    uri: str,
    secret: str | None,
    calls: int,
    faults: "Faults",
    *,
    seed: int,
    tries: int,
    pause_s: float,
    prints: bool,
) -> "list[PostResult]":
    import time
    from random import Random

    from engine.webhooks.sample import sample_events
    from engine.webhooks.simulation import plan_posts
    from engine.webhooks.simulator import simulate_posts

    began = time.time()
    stories = [
        [*sample_events(f"{seed}-{number}", began)] for number in range(1, calls + 1)
    ]
    posts = plan_posts(stories, faults, Random(seed))
    results = []
    async for result in simulate_posts(
        _webhook_at(uri, secret, prints=prints), posts, tries=tries, pause_s=pause_s
    ):
        results.append(result)
        if prints:
            out.print(_describe(result), highlight=False)
    return results


def _webhook_at(uri: str, secret: str | None, *, prints: bool) -> Any:
    """The webhook to post to; one sentence ends the command if it cannot be."""
    import secrets

    from pydantic import ValidationError

    from engine.config.toml_file import describe_errors
    from engine.platform.objects import Webhook
    from engine.platform.webhook_fields import SECRET_BYTES, encode_secret

    if secret is None:
        secret = encode_secret(secrets.token_bytes(SECRET_BYTES))
        if prints:
            out.print(f"Signed with {secret}", highlight=False)
    try:
        return Webhook(id="simulated", uri=uri, secrets=(secret,))
    except ValidationError as error:
        _, text = next(iter(describe_errors(error)))
        print_error(text)
        raise typer.Exit(MISUSED) from None


def _describe(result: "PostResult") -> str:
    entry, answer = result.post.entry, result.answer
    said = answer.error or f"It answers {answer.status}."
    tried = f" ({result.tries} tries)" if result.tries > 1 else ""
    return f"{result.post.kind:6}  {entry.id}  {entry.type}  {said}{tried}"


def _print_verdict(results: "list[PostResult]", *, as_json: bool) -> None:
    from engine.webhooks.simulation import understand

    taken = [result.post.entry for result in results if result.answer.is_taken]
    known = understand(taken)
    if as_json:
        posts = [
            {
                "event": result.post.entry.id,
                "kind": result.post.kind,
                "status": result.answer.status,
                "tries": result.tries,
            }
            for result in results
        ]
        print_json({"posts": posts, "understood": [it._asdict() for it in known]})
        return
    out.print(f"\nPosted {len(results)}, taken {len(taken)}.", highlight=False)
    out.print("The receiver should have understood, with each webhook-id counted once:")
    for call in known:
        out.print(f"  {_describe_call(call)}", highlight=False)


def _describe_call(call: "Understood") -> str:
    end = call.disposition or "its end has not come"
    missing = ", ".join(map(str, call.missing))
    hole = f", without number {missing}" if missing else ""
    return f"{call.call}: {end}, {call.events} events{hole}"


def _path(name: str) -> str:
    return f"webhooks/{quote(name, safe='')}"


COMMANDS: dict[str, Callable[..., None]] = {
    "deliveries": deliveries,
    "replay": replay,
    "rotate": rotate,
    "test": try_out,
    "simulate": simulate,
}
