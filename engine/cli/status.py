"""``outring status``: whether a platform takes calls, and how many it carries."""

from collections.abc import Iterator
from typing import Any

import typer

from .api_request import ask_api, send
from .listing import print_list
from .target import Url
from .terminal import REFUSED, Json, out, print_fields, print_json

COLUMNS = ("kind", "name", "calls", "answered since start")


def status(
    url: Url = "",
    as_json: Json = False,
) -> None:
    """Show whether a platform takes calls, and how many it carries now.

    Exit status 0: it takes calls; 1: it does not; 2: nobody serves there.
    """
    _, ready = send(f"{url.rstrip('/')}/readyz", "GET", {})
    calls = ask_api(url, "GET", "/api/v2/bvr/status")
    if as_json:
        print_json({"url": url, "ready": ready, "calls": calls})
    else:
        print_fields(list(_summarise(url, ready, calls)))
        out.print()
        print_list(COLUMNS, [*_list_nodes(calls), *_list_owners(calls)])
    if not ready["ready"]:
        raise typer.Exit(REFUSED)


def _summarise(
    url: str, ready: dict[str, Any], calls: dict[str, Any]
) -> Iterator[tuple[str, object]]:
    yield "platform", url
    yield "takes calls", "yes" if ready["ready"] else "no"
    if ready["down"]:
        yield "has crashed", ", ".join(ready["down"])
    yield "nodes that take calls", ready["nodes"]
    yield "calls now", calls["activeCallCount"]
    yield "calls that there may be", calls["license"]["license"]
    yield "attempts since the start", calls["totalOutboundCallCount"]
    yield "answered since the start", calls["cumulativeCallCount"]


def _list_nodes(calls: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for node in calls["bvrs"]:
        yield "node", node["name"], str(node["activeCallCount"]), ""


def _list_owners(calls: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for account in calls["accounts"]:
        yield "account", *_count(account)
        for application in account["applications"]:
            yield "application", *_count(application)


def _count(owner: dict[str, Any]) -> tuple[str, str, str]:
    active, answered = owner["activeCallCount"], owner["cumulativeCallCount"]
    return owner["id"], str(active), str(answered)
