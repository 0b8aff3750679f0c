"""The OpenAPI description: complete, and true of what a running outring does."""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from importlib.metadata import version
from typing import Any, cast

import aiohttp
import hypothesis
import jsonschema_rs
import pytest
import schemathesis
from aiohttp import web
from schemathesis import checks

from engine.http import make_app
from engine.http.openapi.description import description
from engine.model.call_record import CallRecord
from engine.model.result import Result
from engine.platform.objects import KINDS, digest_of
from engine.records.record_view import record_view
from tests.conftest import Dialer, SippFactory
from tests.engine.cli.test_records import WHOLE
from tests.engine.process import SETTINGS, Outring, configured, serving
from tests.platform import ADMIN_TOKEN
from tests.sipp.scenario import ack, answer, hang_up, invite, reply

KEY = "key-that-calls-nobody"
PLATFORM = f"""
[[account]]
id = "acme"

[[application]]
id = "silent"
account = "acme"
call_limit = 0

[[application]]
id = "voice"
account = "acme"
type = "VXML"

[[key]]
key = "{KEY}"
application = "silent"
"""
HEADERS = {"X-API-Key": KEY, "Authorization": f"Bearer {ADMIN_TOKEN}"}

View = dict[str, Any]


@pytest.fixture(scope="module")
async def outring(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Outring]:
    """A process of its own, whose platform may be changed and whose key places no call."""
    token = f'\n[admin]\ntoken_sha256 = "{digest_of(ADMIN_TOKEN)}"\n'
    folder = tmp_path_factory.mktemp("described")
    async with serving(configured(folder, SETTINGS + token, PLATFORM)) as process:
        yield process


# -- every route ---------------------------------------------------------------------


def test_every_route_is_described_and_no_other() -> None:
    app = make_app(*[cast(Any, None)] * 10)  # nothing is asked of it
    routes = {
        (route.method.lower(), path)
        for route in app.router.routes()
        for path in _paths(route)
    }
    described = {
        (method, path)
        for path, item in description()["paths"].items()
        for method in item
    }

    assert described == routes


def _paths(route: web.AbstractRoute) -> list[str]:
    """Paths of a route; the one for every kind of object stands for one path each."""
    assert route.resource is not None
    path = route.resource.canonical
    if "{plural}" not in path:
        return [path]
    plurals = [kind.plural for kind in KINDS.values() if kind.identity]
    return [path.replace("{plural}", plural) for plural in plurals]


def test_it_is_of_this_version_and_names_every_result_with_its_meaning() -> None:
    result = description()["components"]["schemas"]["AnswerBody"]["properties"][
        "result"
    ]

    assert description()["info"]["version"] == version("outring")
    assert result["description"].splitlines() == [
        f"- `{member.text}`: {member.meaning}" for member in Result
    ]


async def test_it_is_served(outring: Outring) -> None:
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{outring.url}/openapi.json") as response,
    ):
        assert await response.json() == description()


def test_every_reference_leads_somewhere() -> None:
    names = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(description())))

    assert names == description()["components"]["schemas"].keys()


# -- what is shown -------------------------------------------------------------------


def shown_as(name: str) -> jsonschema_rs.Validator:
    """Checks that a value is as the schema *name* says, and holds nothing that it does not."""
    schemas = {
        name: _closed(schema)
        for name, schema in description()["components"]["schemas"].items()
    }
    return jsonschema_rs.validator_for(
        {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
    )


def _closed(schema: View) -> View:
    if "properties" not in schema:
        return schema
    return {**schema, "additionalProperties": False}


@pytest.mark.parametrize("record", [WHOLE, CallRecord(id="1", received=0.0, node="n")])
def test_records_hold_what_is_described(record: CallRecord) -> None:
    shown_as("RecordView").validate(record_view(record))


def test_whole_record_holds_everything_but_what_others_hold() -> None:
    described = description()["components"]["schemas"]["RecordView"]["properties"]
    only_of_others = {"detail", "terminationReason", "refusedBy", "calls"}
    only_of_others |= {"ladder", "ladderMore"}  # not in lists

    assert described.keys() - record_view(WHOLE).keys() == only_of_others


@pytest.mark.parametrize("name", ["detail", "proxy"])
def test_what_is_not_described_is_noticed(name: str) -> None:
    view = {**record_view(WHOLE), f"{name}OfLate": "x"}

    assert not shown_as("RecordView").is_valid(view)


@pytest.mark.sipp
async def test_calls_of_all_ends_are_shown_as_described(
    dialer: Dialer, sipp: SippFactory
) -> None:
    body_of, record = shown_as("AnswerBody"), shown_as("RecordView")
    async with sipp(invite(), reply(180), answer(), ack(), hang_up()) as callee:
        _, connected = await dialer.call(callee.uri)
        _, live = await dialer.calls(connected["applicationUUID"])
        ended = await dialer.ended(connected)
    async with sipp(invite(), reply(486), ack()) as callee:
        _, busy = await dialer.call(callee.uri)
        failed = await dialer.ended(busy)
    _, denied = await dialer.call("sip:0900@127.0.0.1")
    url = f"{dialer.process.url}/api/v1/bvr/calls/{denied['applicationUUID']}"
    async with dialer.http.get(url, headers=HEADERS) as response:
        refused = await response.json()

    assert [connected["result"], busy["result"], denied["result"]] == [
        "Call connected",
        "Call failed",
        "Number denied",
    ]
    for body in (connected, busy, denied):
        body_of.validate(body)
    for view in (live, ended, failed, refused):
        record.validate(view)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("v1/bvr/status", "SummaryView"),
        ("v2/bvr/status", "BreakdownView"),
        ("v2/bvr/status/detail", "DetailView"),
    ],
)
async def test_status_holds_what_is_described(
    dialer: Dialer, path: str, name: str
) -> None:
    async with dialer.http.get(f"{dialer.process.url}/api/{path}") as response:
        view = await response.json()

    shown_as(name).validate(view)
    if "accounts" in view:
        assert any(account["applications"] for account in view["accounts"])


async def test_objects_are_shown_as_described(outring: Outring) -> None:
    async with aiohttp.ClientSession(headers=HEADERS) as http:
        for kind, fields in OBJECTS.items():
            url = f"{outring.url}/api/v1/admin/{KINDS[kind].plural}"
            async with http.post(url, json=fields) as response:
                view = await response.json()
                assert response.status == 201, view
            shown_as(KINDS[kind].model.__name__).validate(view)
            assert_given = shown_as(f"{KINDS[kind].model.__name__}Fields")
            assert_given.validate(fields)


OBJECTS: dict[str, View] = {
    "account": {"id": "b", "call_limit": 3},
    "application": {"id": "b", "account": "not-there"},
    "key": {"application": "b"},
    "rule": {"pattern": "1.*", "allow": True},
    "header": {"id": "b", "name": "X-B", "value": "b"},
    "proxy": {"id": "b", "address": "sip:127.0.0.1:1", "headers": ["b"]},
    "group": {"id": "b", "members": ["b"]},
    "credential": {"realm": "b", "username": "b", "password": "b"},
    "campaign": {"id": "b", "application": "b", "pace": {"calls_per_second": 2.0}},
    "caller_ids": {"id": "b", "numbers": ["+4930123456"]},
    "window_rule": {
        "id": "b",
        "prefixes": ["+1"],
        "windows": [{"opens": "08:00", "closes": "21:00"}],
        "source": "47 CFR 64.1200(c)(1)",
        "as_of": "2026-12-01",
    },
    "webhook": {"id": "b", "uri": "http://127.0.0.1:1", "events": ["call.*"]},
}


# -- whatever the description allows, and what it does not ---------------------------


@schemathesis.serializer("application/x-ndjson")
def as_it_is(ctx: object, value: object) -> object:
    """Send lines as they were made."""
    return value if isinstance(value, bytes) else str(getattr(value, "data", value))


schema = schemathesis.openapi.from_dict(description())
schema.config.generation.deterministic = True
CHECKS = [
    checks.unsupported_method,
    checks.negative_data_rejection,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


@schema.parametrize()
@hypothesis.settings(max_examples=10, deadline=None)
def test_answers_are_as_described(case: schemathesis.Case, outring: Outring) -> None:
    if case.path == "/api/v1/bvr/outbound":
        _aim(case)
    if case.path == "/api/v1/admin/live":
        _bound(case)
    response = case.call_and_validate(
        base_url=outring.url, headers=HEADERS, checks=CHECKS
    )
    if response.status_code >= 500:
        assert response.json()["result"] in MEANT


MEANT = {Result.NO_APPLICATION_FOUND.text}  # there is no session of a made-up id


def _bound(case: schemathesis.Case) -> None:
    """Ask for one state where it would be very many, or all that there will ever be."""
    states = case.query.get("states") if case.query else None
    if states is None or str(states).isdecimal():
        case.query = {**(case.query or {}), "states": min(int(states or 1), 1)}


def _aim(case: schemathesis.Case) -> None:
    """Let a request come further: a key that is shown exists, and a callee is named."""
    for given in (case.query, case.body):
        if isinstance(given, dict) and "action" in given:
            given["to"] = given.get("to") or "sip:nobody@127.0.0.1"
            if isinstance(given.get("apiKey"), str):
                given["apiKey"] = KEY


# -- samples -------------------------------------------------------------------------


READS = [
    operation
    for path, item in description()["paths"].items()
    for method, operation in item.items()
    if method == "get" and "{" not in path and "parameters" not in operation
]


async def run(outring: Outring, *command: str) -> str:
    """Run a command that succeeds; what it prints."""
    words = [word.replace("http://127.0.0.1:9698", outring.url) for word in command]
    process = await asyncio.create_subprocess_exec(
        *words,
        env={
            "PATH": os.environ["PATH"],
            "OUTRING_API_KEY": KEY,
            "OUTRING_ADMIN_TOKEN": ADMIN_TOKEN,
        },
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0, out
    return out.decode()


@pytest.mark.parametrize("operation", READS, ids=lambda read: str(read["operationId"]))
async def test_a_sample_in_curl_is_answered(outring: Outring, operation: View) -> None:
    source = operation["x-codeSamples"][0]["source"]

    assert await run(outring, "sh", "-c", source.replace("-s", "-sf", 1))


async def test_samples_in_python_are_answered(outring: Outring) -> None:
    sources = (operation["x-codeSamples"][1]["source"] for operation in READS)

    await run(
        outring, sys.executable, "-c", "\nassert answer.ok\n".join((*sources, ""))
    )
