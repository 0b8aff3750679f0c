"""The status resources over HTTP: every documented field, and what it tells."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from engine.http.app_keys import STATUS
from engine.http.responses import error_middleware
from engine.http.status import routes
from engine.monitoring.status_views import NodeFigures, Status
from engine.platform.objects import Account, Application, Licence, Objects
from engine.telemetry.statistics import Statistics

V1 = "/api/v1/bvr/status"
V2 = "/api/v2/bvr/status"
DETAIL = "/api/v2/bvr/status/detail"

ACTIVE = ("activeCallCount", "activeInboundCallCount", "activeOutboundCallCount")
CUMULATIVE = (
    "cumulativeCallCount",
    "cumulativeInboundCallCount",
    "cumulativeOutboundCallCount",
)
COURSES = ("activeCall", "activeCallInbound", "activeCallOutbound")
COURSE = {
    "current": int,
    "highWaterHour": int,
    "highWaterDay": int,
    "highWaterWeek": int,
    "averageDay": (int, float),
    "averageWeek": (int, float),
}
PLATFORM = {
    "result": str,
    "bvrCount": int,
    "license": dict,
    "accounts": list,
    "bvrs": list,
}

View = dict[str, Any]


@dataclass
class World:
    """What the status is about; a test changes it."""

    now: float = 0.0
    objects: Objects = field(
        default_factory=lambda: Objects(
            licence=Licence(calls=500),
            account=(Account(id="a", name="Alpha"), Account(id="b", name="Beta")),
            application=(
                Application(id="x", name="Ex", account="a"),
                Application(id="y", name="Why", account="a"),
            ),
        )
    )
    nodes: tuple[tuple[str, int], ...] = (("node-1", 2), ("node-2", 1))

    def __post_init__(self) -> None:
        self.statistics = Statistics(lambda: self.now)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def http(world: World) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    app = web.Application(middlewares=[error_middleware])
    app[STATUS] = Status(
        statistics=world.statistics,
        objects=lambda: world.objects,
        nodes=lambda: [NodeFigures(*node, 500) for node in world.nodes],
    )
    app.add_routes(routes)
    async with TestClient(TestServer(app)) as client:
        yield client


Http = TestClient[web.Request, web.Application]


async def asked(http: Http, path: str) -> View:
    async with http.get(path) as response:
        assert response.status == 200
        assert response.content_type == "application/json"
        view: View = await response.json()
    return view


def has(view: View, fields: dict[str, Any]) -> None:
    """*view* has these fields and no others; no truth value passes for a number."""
    assert view.keys() == fields.keys()
    for name, kind in fields.items():
        assert isinstance(view[name], kind), name
        assert not isinstance(view[name], bool), name


@pytest.mark.parametrize("path", [V1, V2, DETAIL])
async def test_post_answers_as_get_without_a_key(
    http: Http, world: World, path: str
) -> None:
    world.statistics.count_begin("a", "x")

    async with http.post(path, json={"ignored": True}) as response:
        posted = await response.json()

    assert response.status == 200
    assert posted == await asked(http, path)


async def test_v1_fields(http: Http) -> None:
    view = await asked(http, V1)

    has(
        view,
        {
            "result": str,
            "bvrCount": int,
            "activeInboundCallCount": int,
            "activeOutboundCallCount": int,
            "license": int,
        },
    )


async def test_v2_fields(http: Http) -> None:
    counts = dict.fromkeys((*CUMULATIVE, *ACTIVE), int)
    totals = {"totalInboundCallCount": int, "totalOutboundCallCount": int}

    view = await asked(http, V2)

    has(view, PLATFORM | counts | totals)
    has(view["license"], {"license": int, "customer": int})
    for account in view["accounts"]:
        has(account, {"id": str, "name": str, "applications": list} | counts)
    for application in view["accounts"][0]["applications"]:
        has(application, {"id": str, "name": str} | counts)
    for node in view["bvrs"]:
        has(node, {"id": str, "name": str} | dict.fromkeys(ACTIVE, int))


async def test_detail_fields(http: Http, world: World) -> None:
    calls = dict.fromkeys(CUMULATIVE, int) | dict.fromkeys(COURSES, dict)
    totals = {"totalCallInboundAttempt": int, "totalCallOutboundAttempt": int}

    view = await asked(http, DETAIL)

    has(view, PLATFORM | calls | totals)
    has(view["license"], {"license": int, "customer": int})
    owners = [*view["accounts"], *view["accounts"][0]["applications"]]
    for owner in owners:
        lists = {"applications": list} if "applications" in owner else {}
        has(owner, {"id": str, "name": str} | lists | calls)
    for owner in (view, *owners):
        for course in COURSES:
            has(owner[course], COURSE)
    for node in view["bvrs"]:
        has(node, {"id": str, "name": str} | dict.fromkeys(ACTIVE, int))


async def test_v1_figures(http: Http, world: World) -> None:
    world.statistics.count_begin("a", "x")

    assert await asked(http, V1) == {
        "result": "OK",
        "bvrCount": 2,
        "activeInboundCallCount": 0,
        "activeOutboundCallCount": 1,
        "license": 500,
    }


@pytest.mark.parametrize(("calls", "told"), [(500, 500), (0, 0), (None, 1000)])
async def test_without_a_licence_the_nodes_limit_calls(
    http: Http, world: World, calls: int | None, told: int
) -> None:
    world.objects = world.objects.model_copy(update={"licence": Licence(calls=calls)})

    assert (await asked(http, V1))["license"] == told
    for path in (V2, DETAIL):
        assert (await asked(http, path))["license"] == {"license": told, "customer": 2}


async def test_without_nodes(http: Http, world: World) -> None:
    world.nodes = ()

    for path in (V1, V2, DETAIL):
        assert (await asked(http, path))["bvrCount"] == 0


async def test_v2_figures(http: Http, world: World) -> None:
    for application in "xxy":
        world.statistics.count_attempt("a", application)
        world.statistics.count_begin("a", application)
    world.statistics.count_connected("a", "x")
    world.statistics.count_end("a", "y")

    view = await asked(http, V2)

    assert figures(view) == (1, 0, 1, 2, 0, 2)
    assert (view["totalInboundCallCount"], view["totalOutboundCallCount"]) == (0, 3)
    alpha, beta = view["accounts"]
    ex, why = alpha["applications"]
    assert named(alpha) == ("a", "Alpha")
    assert figures(alpha) == (1, 0, 1, 2, 0, 2)
    assert named(ex) == ("x", "Ex")
    assert figures(ex) == (1, 0, 1, 2, 0, 2)
    assert named(why) == ("y", "Why")
    assert figures(why) == (0, 0, 0, 0, 0, 0)
    assert named(beta) == ("b", "Beta")
    assert figures(beta) == (0, 0, 0, 0, 0, 0)
    assert beta["applications"] == []
    assert [(node["name"], node["activeCallCount"]) for node in view["bvrs"]] == [
        ("node-1", 2),
        ("node-2", 1),
    ]


def figures(view: View) -> tuple[int, ...]:
    return tuple(view[name] for name in (*CUMULATIVE, *ACTIVE))


def named(view: View) -> tuple[str, str]:
    return view["id"], view["name"]


async def test_detail_figures(http: Http, world: World) -> None:
    for _ in range(3):
        world.statistics.count_attempt("a", "x")
        world.statistics.count_begin("a", "x")
        world.statistics.count_connected("a", "x")
    world.now = 3 * 3600
    for _ in range(2):
        world.statistics.count_end("a", "x")
    world.statistics.count_attempt("a", "y")
    world.now = 4 * 3600

    view = await asked(http, DETAIL)

    expected = {
        "current": 1,
        "highWaterHour": 1,
        "highWaterDay": 3,
        "highWaterWeek": 3,
        "averageDay": 2.5,
        "averageWeek": 2.5,
    }
    nothing = dict.fromkeys(COURSE, 0)
    alpha, beta = view["accounts"]
    ex, why = alpha["applications"]
    for owner in (view, alpha, ex):
        assert owner["activeCall"] == owner["activeCallOutbound"] == expected
        assert owner["activeCallInbound"] == nothing
        assert owner["cumulativeCallCount"] == 3
    for owner in (why, beta):
        assert owner["activeCall"] == owner["activeCallOutbound"] == nothing
    assert view["totalCallInboundAttempt"] == 0
    assert view["totalCallOutboundAttempt"] == 0  # the last one is an hour old


@pytest.mark.parametrize("path", [V2, DETAIL])
async def test_what_was_removed_stays_while_its_calls_last(
    http: Http, world: World, path: str
) -> None:
    world.statistics.count_begin("a", "x")
    world.statistics.count_begin("gone", "z")
    world.statistics.count_begin("a", "gone-too")

    before = owners(await asked(http, path))
    world.statistics.count_end("gone", "z")
    world.statistics.count_end("a", "gone-too")
    after = owners(await asked(http, path))

    assert before == {"a": ["x", "y", "gone-too"], "b": [], "gone": ["z"]}
    assert after == {"a": ["x", "y"], "b": []}


def owners(view: View) -> dict[str, list[str]]:
    return {
        account["id"]: [application["id"] for application in account["applications"]]
        for account in view["accounts"]
    }
