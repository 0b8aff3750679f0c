"""The admin API over HTTP, against a real database."""

import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from engine.http.admin import add_admin, routes
from engine.http.responses import error_middleware
from engine.model.call_record import CallRecord
from engine.model.outbound_request import MAX_BODY_BYTES
from engine.platform.objects import digest_of
from engine.store import Store, open_store

TOKEN = "the-admin-token"
KEY = "a-key-that-nobody-shall-see"
PASSWORD = "a-password-that-nobody-shall-see"
BASE = "/api/v1/admin"

Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """An empty database."""
    opened = await open_store(f"sqlite:///{tmp_path}/outring.db")
    yield opened
    await opened.aclose()


def serving(store: Store, token_sha256: str | None) -> Client:
    """A client of an application with the admin API only."""
    app = web.Application(
        client_max_size=MAX_BODY_BYTES, middlewares=[error_middleware]
    )
    add_admin(app, store, token_sha256)
    return TestClient(TestServer(app))


@pytest.fixture
async def client(store: Store) -> AsyncIterator[Client]:
    """Of the admin API with a token."""
    async with serving(store, digest_of(TOKEN)) as client:
        yield client


async def ask(
    client: Client, method: str, path: str, body: object = None, status: int = 200
) -> Any:
    """JSON of the answer, which must have *status*."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with client.request(
        method, f"{BASE}/{path}", json=body, headers=headers
    ) as response:
        assert response.status == status, await response.text()
        return await response.json() if status != 204 else None


ROUTES = [
    pytest.param(
        route.method,
        re.sub("{plural:.*?}", "accounts", route.path).replace("{id:[^/]+}", "acme"),
        id=f"{route.method} {route.path}",
    )
    for route in routes
    if isinstance(route, web.RouteDef)
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", "Bearer é"]
)
async def test_nothing_without_the_token(
    client: Client, method: str, path: str, authorization: str
) -> None:
    headers = {"Authorization": authorization} if authorization else {}

    async with client.request(method, path, headers=headers) as response:
        assert response.status == 401
        assert response.headers["WWW-Authenticate"] == 'Bearer realm="outring"'


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_nothing_at_all_while_no_token_is_set(
    store: Store, method: str, path: str
) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with (
        serving(store, None) as client,
        client.request(method, path, headers=headers) as response,
    ):
        assert response.status == 403
        assert "outring token" in (await response.json())["detail"]


async def test_added_shown_changed_removed(client: Client) -> None:
    added = await ask(
        client, "POST", "accounts", {"id": "acme", "call_limit": 5}, status=201
    )

    assert added == {
        "id": "acme",
        "name": "",
        "call_limit": 5,
        "calls_per_second": None,
    }
    assert await ask(client, "GET", "accounts/acme") == added
    assert await ask(client, "GET", "accounts") == {"accounts": [added]}
    changed = await ask(client, "PATCH", "accounts/acme", {"call_limit": None})
    assert changed == {**added, "call_limit": None}
    await ask(client, "DELETE", "accounts/acme", status=204)
    await ask(client, "GET", "accounts/acme", status=404)


@pytest.mark.parametrize(
    ("path", "fields", "verb"),
    [
        ("accounts", {"id": "it"}, "pause"),
        ("apps", {"id": "it", "account": "acme"}, "pause"),
        ("proxies", {"id": "it", "address": "sip:192.0.2.1"}, "drain"),
    ],
)
async def test_paused_and_resumed(
    client: Client, path: str, fields: dict[str, str], verb: str
) -> None:
    added = await ask(client, "POST", path, fields, status=201)
    added.pop("warnings", None)

    paused = await ask(client, "POST", f"{path}/it/{verb}", {"reason": " fire "})
    again = {"reason": "storm", "by": "alice"}
    changed = await ask(client, "POST", f"{path}/it/{verb}", again)

    why = paused.pop("paused")
    assert paused == added
    assert (why["reason"], why["by"]) == ("fire", "the admin API")
    assert changed["paused"] == {**why, **again}
    assert (await ask(client, "GET", path))[path] == [changed]
    assert await ask(client, "POST", f"{path}/it/resume") == added
    assert await ask(client, "GET", f"{path}/it") == added


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("accounts/acme/pause", {}, 400),
        ("accounts/acme/pause", {"reason": "x", "until": "noon"}, 400),
        ("accounts/acme/pause", {"reason": "x" * 201}, 400),
        ("accounts/acme/pause", {"reason": "x", "by": ""}, 400),
        ("accounts/acme/drain", {"reason": "x"}, 404),
        ("accounts/small/pause", {"reason": "x"}, 404),
        ("accounts/small/resume", None, 404),
        ("groups/all/pause", {"reason": "x"}, 404),
        ("groups/all/resume", None, 404),
    ],
)
async def test_a_pause_that_cannot_be(
    client: Client, path: str, body: object, status: int
) -> None:
    await ask(client, "POST", "accounts", {"id": "acme"}, status=201)

    await ask(client, "POST", path, body, status)

    assert "paused" not in await ask(client, "GET", "accounts/acme")


@pytest.mark.parametrize("pattern", ["sip:.*/9?", "a{2}%2F", "+49…", "..", "#?&", "*"])
async def test_a_rule_is_named_by_its_pattern(client: Client, pattern: str) -> None:
    await ask(client, "POST", "rules", {"pattern": pattern, "allow": True}, status=201)
    path = f"rules/{quote(pattern, safe='').replace('.', '%2E')}"

    async def at(method: str, body: object = None) -> tuple[int, Any]:
        # A client that tidies up would take an encoded dot for a dot.
        url = URL(f"{client.make_url('/')}api/v1/admin/{path}", encoded=True)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with client.session.request(
            method, url, json=body, headers=headers
        ) as response:
            return response.status, await response.json() if body else None

    status, changed = await at("PATCH", {"allow": False})

    assert (status, changed) == (200, {"pattern": pattern, "allow": False})
    assert (await at("DELETE"))[0] == 204
    assert await ask(client, "GET", "rules") == {"rules": []}


async def test_mistakes_stand_with_their_field(client: Client) -> None:
    answer = await ask(
        client, "POST", "accounts", {"id": "a b", "call_limit": "many"}, status=400
    )

    assert [mistake["field"] for mistake in answer["mistakes"]] == ["id", "call_limit"]
    assert answer["detail"].startswith("id: String should match pattern")


@pytest.mark.parametrize(
    ("plural", "body", "field"),
    [
        ("accounts", {"id": "acme", "call_limit": False}, "call_limit"),
        ("accounts", {"id": "acme", "calls_per_second": "5"}, "calls_per_second"),
        ("rules", {"pattern": "1", "allow": 0}, "allow"),
        ("keys", {"application": "hello", "enabled": "yes"}, "enabled"),
        ("credentials", {"realm": "a", "username": "b", "password": 5}, ""),
    ],
)
async def test_a_value_of_another_type_is_never_made_to_fit(
    client: Client, plural: str, body: object, field: str
) -> None:
    answer = await ask(client, "POST", plural, body, status=400)

    assert [mistake["field"] for mistake in answer["mistakes"]] == [field]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "apply", "POST"),
        ("POST", "records", "GET"),
        ("DELETE", "apps", "GET,POST"),
    ],
)
async def test_the_methods_of_a_path_are_told(
    client: Client, method: str, path: str, allowed: str
) -> None:
    async with client.request(method, f"{BASE}/{path}") as response:
        assert response.status == 405
        assert response.headers["Allow"] == allowed


async def test_what_exists_or_is_in_use_is_a_conflict(client: Client) -> None:
    await ask(client, "POST", "accounts", {"id": "acme"}, status=201)
    await ask(client, "POST", "apps", {"id": "a", "account": "acme"}, status=201)

    again = await ask(client, "POST", "accounts", {"id": "acme"}, status=409)
    used = await ask(client, "DELETE", "accounts/acme", status=409)

    assert again["detail"] == "The account acme exists already."
    assert used["detail"] == "The account acme is in use by application a."
    await ask(client, "DELETE", "accounts/acme?force=true", status=204)


async def test_secrets_and_their_hashes_are_never_shown(client: Client) -> None:
    key = {"key": KEY, "application": "a"}
    credential = {"realm": "r", "username": "u", "password": PASSWORD}

    error_middleware = [
        await ask(client, "POST", "keys", key, status=201),
        await ask(client, "POST", "keys", {**key, "x": 1}, status=400),
        await ask(client, "GET", "keys"),
        await ask(client, "POST", "credentials", credential, status=201),
        await ask(client, "POST", "credentials", {**credential, "x": 1}, status=400),
        await ask(client, "GET", "credentials"),
    ]

    for secret in (KEY, PASSWORD, digest_of(KEY), "ha1"):
        assert secret not in str(error_middleware)


async def test_a_made_up_key_is_shown_once(client: Client) -> None:
    made = await ask(client, "POST", "keys", {"application": "a"}, status=201)

    shown = await ask(client, "GET", f"keys/{made['id']}")

    assert digest_of(made["key"])[:12] == made["id"]
    assert "key" not in shown
    assert made["warnings"] == ["The application a does not exist."]


async def test_the_licence(client: Client) -> None:
    assert await ask(client, "GET", "licence") == {"calls": None}
    assert await ask(client, "PATCH", "licence", {"calls": 3}) == {"calls": 3}
    await ask(client, "DELETE", "licence/licence", status=404)


TREE = {
    "account": [{"id": "acme"}],
    "application": [{"id": "hello", "account": "acme"}],
    "key": [{"key": KEY, "application": "gone"}],
}


async def test_apply_shows_its_plan_and_does_it(client: Client) -> None:
    planned = await ask(client, "POST", "apply?dry_run=true", TREE)
    before = await ask(client, "GET", "accounts")
    done = await ask(client, "POST", "apply", TREE)
    again = await ask(client, "POST", "apply", TREE)

    assert before == {"accounts": []}
    assert planned == {**done, "applied": False}
    assert [(change["verb"], change["kind"]) for change in done["changes"]] == [
        ("add", "account"),
        ("add", "application"),
        ("add", "key"),
    ]
    assert done["warnings"] == ["The application gone does not exist."]
    assert again["changes"] == []
    assert KEY not in str(done)
    assert digest_of(KEY) not in str(done)


async def test_apply_takes_a_whole_platform(client: Client) -> None:
    accounts = [{"id": str(number), "name": "n" * 255} for number in range(500)]

    done = await ask(client, "POST", "apply", {"account": accounts})

    assert len(done["changes"]) == 500


async def test_apply_with_prune(client: Client) -> None:
    await ask(client, "POST", "apply", TREE)

    done = await ask(client, "POST", "apply?prune=true", {"account": [{"id": "acme"}]})

    assert {change["verb"] for change in done["changes"]} == {"remove"}
    assert await ask(client, "GET", "apps") == {"apps": []}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"account": [{"id": "a"}, {"id": "a"}]}, "account.1"),
        ({"account": [{"id": "a b"}]}, "account.0.id"),
        ({"nonsense": 1}, "nonsense"),
        ([], ""),
    ],
)
async def test_apply_of_mistakes(client: Client, body: object, field: str) -> None:
    answer = await ask(client, "POST", "apply", body, status=400)

    assert [mistake["field"] for mistake in answer["mistakes"]] == [field]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[]", b"1", b'"\\ud800"'])
async def test_a_body_that_is_no_object(client: Client, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}

    async with client.post(f"{BASE}/accounts", data=body, headers=headers) as response:
        assert response.status == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "nonsense"), ("POST", "nonsense"), ("GET", "accounts/none")],
)
async def test_what_is_not_there(client: Client, method: str, path: str) -> None:
    answer = await ask(client, method, path, {"id": "x"}, status=404)

    assert answer["detail"] in ("Not Found", "There is no account none.")


async def test_records_are_found_and_paged(client: Client, store: Store) -> None:
    await store.write(
        [
            CallRecord(
                id=str(number),
                received=1000.0 + number,
                node="n",
                account="acme" if number % 2 else "other",
                sip_status=486,
                ended=2000.0,
            )
            for number in range(5)
        ]
    )

    all_ids = await record_ids(client, "")
    assert all_ids == ["4", "3", "2", "1", "0"]
    assert await record_ids(client, "?limit=2&before=3") == ["2", "1"]
    assert await record_ids(client, "?account=acme&sip_status=486") == ["3", "1"]
    assert await record_ids(client, "?since=1970-01-01T00:16:43") == ["4", "3"]
    assert await record_ids(client, "?is_live=true") == []
    assert await record_ids(client, "?since=2h") == []


async def test_records_are_counted(client: Client, store: Store) -> None:
    statuses = [486, 503, 503, None]
    await store.write(
        [
            CallRecord(id=str(number), received=1.0, node="n", sip_status=status)
            for number, status in enumerate(statuses)
        ]
    )

    by_status = await ask(client, "GET", "records/count?by=status")
    failed = await ask(client, "GET", "records/count?sip_status=5xx")
    wrong = await ask(client, "GET", "records/count?by=to", status=400)

    assert [(it["value"], it["count"]) for it in by_status["counts"]] == [
        (503, 2),
        (None, 1),
        (486, 1),
    ]
    assert failed["counts"] == [{"value": None, "count": 2}]
    assert wrong["mistakes"][0]["field"] == "by"


async def test_records_are_followed(client: Client, store: Store) -> None:
    begin = await ask(client, "GET", "records/changes")
    await store.write([CallRecord(id=name, received=1.0, node=name) for name in "ab"])

    path = f"records/changes?after={begin['position']}&node=b"
    changes = await ask(client, "GET", path)
    rest = await ask(client, "GET", f"records/changes?after={changes['position']}")

    assert begin["records"] == []
    assert [record["node"] for record in changes["records"]] == ["b"]
    assert rest == {"records": [], "position": changes["position"]}


async def record_ids(client: Client, query: str) -> list[str]:
    """Ids of the records that the API finds."""
    answer = await ask(client, "GET", f"records{query}")
    return [record["callIndexFull"] for record in answer["records"]]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=x", "limit"),
        ("nonsense=1", "nonsense"),
        ("since=yesterday", "since"),
        ("sip_status=99999", "sip_status"),
        ("is_live=maybe", "is_live"),
    ],
)
async def test_records_asked_for_wrongly(
    client: Client, query: str, field: str
) -> None:
    answer = await ask(client, "GET", f"records?{query}", status=400)

    assert [mistake["field"] for mistake in answer["mistakes"]] == [field]


async def test_a_database_that_fails_is_503(
    client: Client, store: Store, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "outring.db")) as database:
        database.execute("DROP TABLE account")

    answer = await ask(client, "GET", "accounts", status=503)

    assert answer["detail"].startswith("The database ")
    assert str(tmp_path) not in answer["detail"]
