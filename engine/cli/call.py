"""``outring call``: places a call and shows it while it lasts."""

import asyncio
import time
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from .api_client import CallClient, UnreachableError, View
from .target import Key, Url
from .terminal import (
    MISUSED,
    REFUSED,
    Json,
    err,
    make_fields_table,
    out,
    print_json,
    read_pairs,
)

_GOOD = ("Call connected", "Request accepted")


def call(
    to: Annotated[str, typer.Argument(help="SIP URI, tel: URI or number to call.")],
    key: Key = "",
    url: Url = "",
    caller_id: Annotated[
        str | None,
        typer.Option(help='User part of From, or "Name" <sip:user@host>.'),
    ] = None,
    timeout: Annotated[
        float, typer.Option(help="Seconds to wait for the answer.")
    ] = 600.0,  # longer than telephones ring, so that the call's own end is told
    ring_timeout: Annotated[
        float | None, typer.Option(help="Seconds to ring before CANCEL.")
    ] = None,
    max_duration: Annotated[
        float | None, typer.Option(help="Seconds until an answered call is hung up.")
    ] = None,
    header: Annotated[
        list[str] | None,
        typer.Option(help="SIP header of the INVITE, NAME=VALUE; repeatable."),
    ] = None,
    data: Annotated[
        list[str] | None, typer.Option(help="Application data, NAME=VALUE; repeatable.")
    ] = None,
    text: Annotated[
        str | None,
        typer.Option(
            "--say",
            metavar="TEXT",
            help="Speak it to whoever answers, then hang up, whatever the application is.",
        ),
    ] = None,
    voice: Annotated[
        str | None, typer.Option(help="Language or voice of --say (else speech.voice).")
    ] = None,
    detach: Annotated[
        bool, typer.Option("--detach", help="Return as soon as the call is answered.")
    ] = False,
    is_async: Annotated[
        bool,
        typer.Option(
            "--async",
            help="Return as soon as it is accepted, with links to look at it.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Place a call and follow it to its end; Ctrl-C hangs up.

    Exit status 0: connected, or accepted; 1: it was not; 2: wrong use or no server.
    """
    import uvloop

    hints: dict[str, object] = {
        "ring_timeout": _to_ms(ring_timeout),
        "max_duration": _to_ms(max_duration),
    }
    app_data = read_pairs(data, "--data")
    if text is not None:
        app_data["text"] = text
        hints["say"] = True if voice is None else {"voice": voice}
    elif voice is not None:
        raise typer.BadParameter("There is nothing to --say.", param_hint="--voice")
    fields: dict[str, object] = {
        "action": "makeCall",
        "to": to,
        "timeout": _to_ms(timeout),
        "callerId": caller_id,
        "headers": read_pairs(header, "--header"),
        "appData": app_data,
        "async": is_async or None,
        "hints": {name: value for name, value in hints.items() if value is not None},
    }
    fields = {name: value for name, value in fields.items() if value not in (None, {})}
    try:
        answer = uvloop.run(
            _call(
                CallClient(url, key), fields, detach=detach or is_async, as_json=as_json
            )
        )
    except UnreachableError as error:
        err.print(f"outring: {error}", markup=False, soft_wrap=True)
        raise typer.Exit(MISUSED) from error
    if answer.get("result") not in _GOOD:
        raise typer.Exit(REFUSED)


async def _call(
    client: CallClient, fields: dict[str, object], *, detach: bool, as_json: bool
) -> View:
    from rich.live import Live

    console = Console(stderr=True, quiet=as_json)
    began = time.monotonic()
    answer: View = {}
    with Live(console=console, refresh_per_second=10, transient=True) as live:

        def show(view: View | None) -> None:
            state = view["state"] if view else "asking"
            live.update(
                Text(f"{fields['to']}  {state}  {time.monotonic() - began:.1f} s")
            )

        try:
            answer = await client.place(fields, show)
            if answer.get("applicationUUID") and not detach:
                await client.follow(answer["applicationUUID"], show)
        except asyncio.CancelledError:  # Ctrl-C
            live.update(Text("hanging up"))
            await client.hang_up()
    if as_json:
        print_json({"answer": answer, "call": client.call})
    else:
        _print_call(fields, answer, client.call)
    return answer


def _print_call(fields: dict[str, object], answer: View, call: View | None) -> None:
    end = (call or {}).get("applicationEnd", {})
    good = answer.get("result") in _GOOD and end.get("how") != "error"
    head = Text(
        str(answer.get("result", "Hung up")), style="bold green" if good else "bold red"
    )
    disposition = (call or {}).get("disposition") or answer.get("disposition")
    if disposition is not None:
        head.append(f", {disposition}")
    head.append(f"  {fields['to']}", style="default")
    out.print(head)
    rows: list[tuple[str, object]] = [
        ("applicationUUID", (answer or call or {}).get("applicationUUID")),
        ("look-up", answer.get("links", {}).get("call")),
        ("events", answer.get("links", {}).get("events")),
        ("refused by", answer.get("refusedBy")),
        ("detail", answer.get("detail")),
        ("sip", _format_members(answer.get("sip"))),
        ("timings", _format_members(answer.get("timings"))),
    ]
    if call:
        rows += [
            ("state", call["state"]),
            ("ended by", _format_members(call.get("sip"))),
            ("hung up by", call.get("hangupBy")),
            ("end requested by", call.get("endRequestedBy")),
            ("cause", _format_members(call.get("hangupCause"))),
            ("application ended", _format_members(end)),
        ]
        rows += [
            (f"attempt {number}", _format_attempt(attempt))
            for number, attempt in enumerate(call.get("attempts", ()), 1)
        ]
        rows += [(f"at {step}", moment) for step, moment in call["times"].items()]
    out.print(make_fields_table(rows))
    headers = answer.get("headers") or (call or {}).get("headers") or {}
    if headers:
        out.print(
            make_fields_table(list(headers.items()), title="SIP response headers")
        )


def _format_members(members: dict[str, Any] | None) -> str:
    return "  ".join(f"{name} {value}" for name, value in (members or {}).items())


def _format_attempt(attempt: dict[str, Any]) -> str:
    names = ("proxy", "address", "status", "reason", "origin", "setup", "answer")
    return "  ".join(
        f"{name} {attempt[name]}" if name in ("setup", "answer") else str(attempt[name])
        for name in names
        if name in attempt
    )


def _to_ms(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1000
