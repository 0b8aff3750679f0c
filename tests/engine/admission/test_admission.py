"""Which proxy a call gets, what it waits for, and what a refusal says."""

import asyncio
import time
from random import Random
from typing import Any

import pytest

from engine.admission.admission import Admission, Candidate, check_route
from engine.admission.ledger import (
    Capacity,
    Full,
    Grant,
    LedgerError,
    NodeWanted,
    NoNode,
    Rate,
    TooFast,
)
from engine.admission.memory_ledger import MemoryLedger
from engine.admission.proxy_health import ProxyHealth
from engine.model.outbound_request import destination_of
from engine.model.result import RefusedError, Result
from engine.platform.objects import Account, Application, Objects, Proxy
from engine.platform.pauses import Pause
from engine.platform.snapshot import PlatformSnapshot
from engine.platform.trunks import Group, Trunk
from engine.telemetry.metrics import Metrics
from sip.events import Ended, LegId, Origin, Times
from sip.message import Response
from tests.engine.calls.sessions import make_order
from tests.engine.conftest import Clock

NODE = "node:n"


class Node:
    """A node of ten calls whose admission waits without a clock that runs."""

    def __init__(self, *, default_domain: str | None = None, **account: Any) -> None:
        self.clock = Clock()
        self.ledger = MemoryLedger(self.clock)
        self.health = ProxyHealth()
        self.limit = 10
        self.application = Application(id="hello", account="acme")
        owner = Account.model_validate({"id": "acme", **account})
        self.platform = PlatformSnapshot(
            Objects(account=(owner,), application=(self.application,))
        )
        self.metrics = Metrics()
        self.admission = Admission(
            self.ledger,
            self.health,
            self.metrics,
            node=lambda: Capacity(NODE, self.limit, Result.BVR_CALL_LIMIT),
            newest=self.newest,
            max_queue_wait_s=2.0,
            default_domain=default_domain,
            random=Random(1),
        )

    async def newest(self) -> PlatformSnapshot:
        """The platform as it stands."""
        return self.platform

    def pause(self, *paused: tuple[str, str]) -> None:
        """Pause those, given by table and identity, and nothing else."""
        pauses = [Pause(table, name, 0.0, "fire", "alice") for table, name in paused]
        self.platform = PlatformSnapshot(self.platform.objects, pauses=pauses)

    def candidate(
        self, lease: str = "lease", group: Group | None = None, **fields: Any
    ) -> Candidate:
        """A call that waits for 60 s at most, unless *fields* say otherwise."""
        order = make_order(**{"timeout": 60_000, **fields})
        order.platform, order.application = self.platform, self.application
        return Candidate(order, lease, lease, group)

    @property
    def queue_waits(self) -> tuple[float, float]:
        """How many calls have waited for their turn, and how long in all."""
        (family,) = self.metrics.latencies.queue_wait.collect()
        found = {sample.name.split("_")[-1]: sample.value for sample in family.samples}
        return found["count"], found["sum"]

    async def held(self, *names: str) -> list[int]:
        """How many leases hold each of *names*."""
        return await self.ledger.count_leases_each(names)


def trunk(name: str, **fields: Any) -> Trunk:
    proxy = {"id": name, "address": "sip:192.0.2.1", **fields}
    return Trunk.of(Proxy.model_validate(proxy), {})


def group_of(*trunks: Trunk) -> Group:
    return Group("g", trunks, frozenset())


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits of calls for their turn, none of which takes time."""
    waits: list[float] = []

    async def sleep(wait_s: float) -> None:
        waits.append(wait_s)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return waits


async def test_the_next_proxy_is_taken_where_one_is_at_its_limit() -> None:
    node = Node()
    first, second = trunk("a", priority=1, call_limit=1), trunk("b", priority=2)
    group = group_of(first, second)
    before = time.monotonic()
    candidates = [node.candidate(lease, group) for lease in "123"]

    chosen = [await node.admission.acquire_for_call(call) for call in candidates]

    assert chosen == [first, second, second]
    assert [call.tried for call in candidates] == [{"a"}, {"b"}, {"b"}]
    assert await node.held("proxy:a", NODE) == [1, 3]
    assert candidates[0].admitted is not None
    assert before <= candidates[0].admitted <= time.monotonic()


async def test_another_attempt_takes_another_proxy_and_no_turn(
    slept: list[float],
) -> None:
    node = Node(calls_per_second=1)
    group = group_of(trunk("a", priority=1, call_limit=1), trunk("b", priority=2))
    candidate = node.candidate(group=group)
    await node.admission.acquire_for_call(candidate)
    candidate.admitted = 5.0

    await node.admission.acquire_for_call(candidate)

    assert (candidate.tried, candidate.admitted, slept) == ({"a", "b"}, 5.0, [])
    assert await node.held("proxy:a", NODE) == [0, 1]
    with pytest.raises(RefusedError, match="Every proxy has been tried") as refused:
        await node.admission.acquire_for_call(candidate)
    assert refused.value.result is Result.CALL_FAILED


async def test_a_proxy_that_is_too_slow_is_the_reason_if_there_is_no_other() -> None:
    node = Node()
    group = group_of(trunk("a", calls_per_second=0.1))
    await node.admission.acquire_for_call(node.candidate("1", group))

    with pytest.raises(RefusedError, match=r"Proxy a may start 0\.1 calls") as refused:
        await node.admission.acquire_for_call(node.candidate("2", group))

    assert refused.value.result is Result.BVR_CALL_LIMIT
    assert refused.value.retry_after_s == pytest.approx(10)
    assert await node.held(NODE) == [1]


async def test_a_full_account_is_refused_without_asking_for_other_proxies() -> None:
    node = Node(call_limit=1)
    group = group_of(trunk("a"), trunk("b"))
    await node.admission.acquire_for_call(node.candidate("1", group))

    with pytest.raises(RefusedError, match="All 1 calls of account acme") as refused:
        await node.admission.acquire_for_call(node.candidate("2", group))

    assert refused.value.result is Result.ACCOUNT_CALL_LIMIT


@pytest.mark.parametrize(
    ("wait", "waits"),
    [(60_000, [1.0, 2.0]), (1000, [1.0]), (500, [])],
    ids=["the longest queue", "the client", "a client in a hurry"],
)
async def test_the_wait_for_a_turn_is_bounded(
    slept: list[float], wait: int, waits: list[float]
) -> None:
    node = Node(calls_per_second=1)
    await node.admission.acquire_for_call(node.candidate("0", timeout=wait))
    for number, _ in enumerate(waits, start=1):
        await node.admission.acquire_for_call(node.candidate(f"{number}", timeout=wait))

    with pytest.raises(RefusedError) as refused:
        await node.admission.acquire_for_call(node.candidate("last", timeout=wait))

    assert slept == pytest.approx(waits)
    assert node.queue_waits == pytest.approx((len(waits), sum(waits)))
    assert refused.value.result is Result.ACCOUNT_CALL_LIMIT


async def test_an_application_that_took_slots_and_rate_asks_for_its_proxys_only(
    slept: list[float],
) -> None:
    node = Node(calls_per_second=0.1)
    plain, limited = trunk("a"), trunk("b", call_limit=1)
    ahead = [node.candidate(lease, group_of(plain)) for lease in "12"]
    ahead.append(node.candidate("3", group_of(limited)))
    for candidate in ahead:
        candidate.rate_taken = True

    for candidate in ahead:
        await node.admission.acquire_for_call(candidate)

    assert await node.held("proxy:b", NODE) == [
        1,
        1,
    ]  # the first two hold theirs already
    assert slept == []


@pytest.mark.parametrize("rate_taken", [False, True])
async def test_a_node_that_drains_while_a_call_waits_refuses_it(
    monkeypatch: pytest.MonkeyPatch, *, rate_taken: bool
) -> None:
    node = Node()
    group = group_of(trunk("a", calls_per_second=1))

    async def drain(_: float) -> None:
        node.limit = 0

    monkeypatch.setattr(asyncio, "sleep", drain)
    await node.admission.acquire_for_call(node.candidate("1", group))
    candidate = node.candidate("2", group)
    candidate.rate_taken = rate_taken

    if rate_taken:  # it belongs to a session that runs, and may go on
        assert await node.admission.acquire_for_call(candidate) is group.trunks[0]
        return
    with pytest.raises(RefusedError, match="All 0 calls of node n"):
        await node.admission.acquire_for_call(candidate)


async def test_a_proxy_that_is_down_is_passed_over() -> None:
    node = Node()
    first, second = trunk("a", priority=1), trunk("b", priority=2)
    node.health.on_silence(first.proxy, now := time.monotonic(), now)

    candidate = node.candidate(group=group_of(first, second))
    assert await node.admission.acquire_for_call(candidate) is second


@pytest.mark.parametrize("down", [("a",), ("b",), ("a", "b")])
async def test_it_is_noted_that_a_proxy_was_taken_although_all_are_down(
    down: tuple[str, ...],
) -> None:
    node, now = Node(), time.monotonic()
    group = group_of(trunk("a"), trunk("b"))
    for member in group.trunks:
        if member.proxy.id in down:
            node.health.on_silence(member.proxy, now, now)
    candidate = node.candidate(group=group)
    await node.admission.acquire_for_call(candidate)

    assert candidate.last_was_down is (down == ("a", "b"))


async def test_one_call_finds_out_whether_a_proxy_works_again() -> None:
    node, now = Node(), time.monotonic()
    first, second = trunk("a", priority=1, down_retry_ms=1000), trunk("b", priority=2)
    node.health.on_silence(first.proxy, now - 1.0, now - 1.0)
    group = group_of(first, second)

    chosen = [
        await node.admission.acquire_for_call(node.candidate(lease, group))
        for lease in "12"
    ]
    node.health.on_sign(first.proxy, now, now)
    later = await node.admission.acquire_for_call(node.candidate("3", group))

    assert (chosen, later) == ([first, second], first)


async def test_two_calls_at_once_are_one_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second has chosen the proxy before the first was its probe."""
    node, now = Node(calls_per_second=1), time.monotonic()
    first, second = trunk("a", priority=1, down_retry_ms=1000), trunk("b", priority=2)
    node.health.on_silence(first.proxy, now - 1.0, now - 1.0)
    group, acquire = group_of(first, second), node.ledger.acquire

    async def wait_and_acquire(*given: Any) -> Grant:
        await asyncio.sleep(0)
        return await acquire(*given)

    monkeypatch.setattr(node.ledger, "acquire", wait_and_acquire)
    calls = [node.candidate(lease, group) for lease in "12"]
    for call in calls:
        call.rate_taken = True
    chosen = await asyncio.gather(*map(node.admission.acquire_for_call, calls))

    assert (chosen, calls[1].tried) == ([first, second], {"b"})


async def test_without_another_proxy_every_call_finds_out() -> None:
    node, now = Node(), time.monotonic()
    only = trunk("a", down_retry_ms=1000)
    node.health.on_silence(only.proxy, now - 1.0, now - 1.0)

    calls = [node.candidate(lease, group_of(only)) for lease in "123"]

    assert [await node.admission.acquire_for_call(call) for call in calls] == [only] * 3


async def test_a_ledger_that_is_away_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    node = Node()

    async def fail(*_: object) -> Grant:
        raise LedgerError("Redis is away.")

    monkeypatch.setattr(node.ledger, "acquire", fail)

    with pytest.raises(RefusedError, match="Redis is away") as refused:
        await node.admission.acquire_for_call(node.candidate())
    assert refused.value.result is Result.INTERNAL_ERROR


async def test_an_application_takes_its_turn_and_a_slot_of_the_node(
    slept: list[float],
) -> None:
    node = Node(calls_per_second=1)

    async def acquire(lease: str, **options: Any) -> str | None:
        arguments = lease, node.application, node.platform, 60.0
        return await node.admission.acquire_for_application(*arguments, **options)

    assert await acquire("1") is None
    assert await acquire("2") is None
    assert await acquire("3", rate_taken=True) is None
    assert (slept, await node.held(NODE)) == ([pytest.approx(1)], [3])
    await acquire("4", node=NodeWanted(frozenset()))  # the ledger chooses it
    assert await node.held(NODE) == [3]
    with pytest.raises(RefusedError, match="Account acme may start 1 calls"):
        await acquire("5")  # its turn is 3 s away, and 2 s are the most


async def test_a_node_that_drains_while_an_application_waits_refuses_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    node = Node(calls_per_second=1)
    arguments = node.application, node.platform, 60.0

    async def drain(_: float) -> None:
        node.limit = 0

    monkeypatch.setattr(asyncio, "sleep", drain)
    await node.admission.acquire_for_application("1", *arguments)
    with pytest.raises(RefusedError, match="All 0 calls of node n"):
        await node.admission.acquire_for_application("2", *arguments)
    wanted = NodeWanted(frozenset())  # another one may have been chosen
    await node.admission.acquire_for_application("3", *arguments, node=wanted)


@pytest.mark.parametrize(
    ("grant", "result", "detail"),
    [
        (
            Full(Capacity("licence", 3, Result.LICENSE_LIMIT)),
            Result.LICENSE_LIMIT,
            "All 3 calls of the licence are in use.",
        ),
        (
            Full(Capacity("node:n", 0, Result.SERVER_SHUTDOWN, "It is stopping.")),
            Result.SERVER_SHUTDOWN,
            "It is stopping.",
        ),
        (
            TooFast(Rate("account:a", 2.5, Result.ACCOUNT_CALL_LIMIT), 4.0),
            Result.ACCOUNT_CALL_LIMIT,
            "Account a may start 2.5 calls per second.",
        ),
        (
            NoNode(draining=True),
            Result.SERVER_SHUTDOWN,
            "Every node that could take the call is stopping.",
        ),
        (
            NoNode(draining=False),
            Result.NO_BVR,
            "No node that runs can take the call.",
        ),
    ],
)
async def test_what_a_refusal_says(
    monkeypatch: pytest.MonkeyPatch, grant: Grant, result: Result, detail: str
) -> None:
    node = Node()

    async def refuse(*_: object) -> Grant:
        return grant

    monkeypatch.setattr(node.ledger, "acquire", refuse)
    with pytest.raises(RefusedError) as refused:
        await node.admission.acquire_for_call(node.candidate())

    assert (refused.value.result, refused.value.detail) == (result, detail)
    wait_s = grant.wait_s if isinstance(grant, TooFast) else None
    assert refused.value.retry_after_s == wait_s


LOOSE, REWRITE = "LOOSE_ROUTING", "REWRITE_DESTINATION"
NO_HOST, NO_TLS = "A telephone number needs", "No proxy of the group is reached over"
INVALID, INTERNAL = Result.INVALID_REQUEST, Result.INTERNAL_ERROR


@pytest.mark.parametrize(
    ("to", "modes", "domain", "refusal"),
    [
        ("sip:a@b.c", None, None, None),
        ("110", None, None, (INVALID, NO_HOST)),
        ("110", None, "d.e", None),
        ("sip:a@b.c", (), None, (INTERNAL, "The proxy group g has no proxy.")),
        ("110", (LOOSE,), None, (INVALID, NO_HOST)),
        ("110", (LOOSE, REWRITE), None, None),
        ("sips:a@b.c", (LOOSE,), None, (INVALID, NO_TLS)),
    ],
)
def test_a_route_that_no_proxy_could_take(
    to: str,
    modes: tuple[str, ...] | None,
    domain: str | None,
    refusal: tuple[Result, str] | None,
) -> None:
    trunks = [trunk(f"p{n}", mode=mode) for n, mode in enumerate(modes or ())]
    group = None if modes is None else group_of(*trunks)
    if refusal is None:
        check_route(group, destination_of(to), domain)
        return
    with pytest.raises(RefusedError, match=refusal[1]) as refused:
        check_route(group, destination_of(to), domain)
    assert refused.value.result is refusal[0]


async def test_a_number_goes_to_a_proxy_that_takes_it() -> None:
    node = Node()
    loose, rewriting = trunk("a", priority=1, mode=LOOSE), trunk("b", mode=REWRITE)
    candidate = node.candidate(group=group_of(loose, rewriting), to="110")

    assert await node.admission.acquire_for_call(candidate) is rewriting


def ended(status: int, origin: Origin, raw: bytes = b"") -> Ended:
    response = Response(status, b"SIP/2.0 %d x\r\n%s\r\n" % (status, raw))
    return Ended(LegId("l"), status, "x", origin, response, Times())


OK = Response(200, b"SIP/2.0 200 OK\r\n\r\n")


def test_what_a_call_says_of_its_proxy() -> None:
    node, through, now = Node(), trunk("a"), time.monotonic()

    node.admission.report_leg_event(through, ended(408, Origin.LOCAL_TIMER))

    assert node.health.is_down(through.proxy, now + 1)


SINCE = "since 1970-01-01 00:00:00 UTC, by alice: fire."


@pytest.mark.parametrize(
    ("paused", "result", "detail"),
    [
        (
            ("account", "acme"),
            Result.ACCOUNT_CALL_LIMIT,
            f"The account acme is paused {SINCE}",
        ),
        (
            ("application", "hello"),
            Result.APPLICATION_CALL_LIMIT,
            f"The application hello is paused {SINCE}",
        ),
    ],
)
async def test_a_pause_refuses_calls_and_applications_whoever_asked_when(
    paused: tuple[str, str], result: Result, detail: str
) -> None:
    node = Node()
    call, started = node.candidate(), node.candidate("started")
    started.rate_taken = True  # the first call of a session that runs
    node.pause(paused)

    async def start() -> None:
        await node.admission.acquire_for_application(
            "app", node.application, node.platform, 1.0
        )

    for attempt in (
        node.admission.acquire_for_call(call),
        node.admission.acquire_for_call(started),
        start(),
    ):
        with pytest.raises(RefusedError) as refused:
            await attempt
        assert (refused.value.result, refused.value.detail) == (result, detail)
    assert await node.held(NODE) == [0]


async def test_a_call_that_lives_may_take_its_next_proxy_during_a_pause() -> None:
    node = Node()
    group = group_of(trunk("a", priority=1), trunk("b", priority=2))
    candidate = node.candidate(group=group)
    await node.admission.acquire_for_call(candidate)
    node.pause(("application", "hello"), ("account", "acme"))

    assert await node.admission.acquire_for_call(candidate) == group.trunks[1]


async def test_a_pause_during_the_wait_for_a_turn_refuses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    node = Node(calls_per_second=1)
    await node.admission.acquire_for_call(node.candidate("1"))

    async def sleep(_: float) -> None:
        node.pause(("account", "acme"))

    monkeypatch.setattr(asyncio, "sleep", sleep)

    with pytest.raises(RefusedError, match="The account acme is paused"):
        await node.admission.acquire_for_call(node.candidate("2"))


async def test_a_proxy_that_drains_during_the_wait_for_a_turn_is_not_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    node = Node(calls_per_second=1)
    group = group_of(trunk("a", priority=1), trunk("b", priority=2))
    await node.admission.acquire_for_call(node.candidate("1"))
    waits: list[float] = []

    async def sleep(wait_s: float) -> None:
        waits.append(wait_s)
        node.pause(("proxy", "a"))

    monkeypatch.setattr(asyncio, "sleep", sleep)
    candidate = node.candidate("2", group)

    assert await node.admission.acquire_for_call(candidate) == group.trunks[1]
    assert (candidate.tried, len(waits)) == ({"b"}, 1)


async def test_a_proxy_that_drains_is_passed_over_also_in_a_fail_over() -> None:
    node = Node()
    group = group_of(trunk("a", priority=1), trunk("b", priority=2), trunk("c"))
    early, late = node.candidate("1", group), node.candidate("2", group)
    node.pause(("proxy", "a"), ("proxy", "c"))
    assert await node.admission.acquire_for_call(early) == group.trunks[1]
    node.pause(("proxy", "a"), ("proxy", "b"), ("proxy", "c"))

    for candidate in (early, late):
        with pytest.raises(RefusedError) as refused:
            await node.admission.acquire_for_call(candidate)
        assert refused.value.result is Result.BVR_CALL_LIMIT
        assert refused.value.detail == f"The proxy a drains {SINCE}"
