"""Registry: who is listed, and whose name it is."""

import asyncio
import uuid
from contextlib import suppress
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from engine.cluster import NameTakenError, ProcessFacts, RedisConnection, Registry
from engine.cluster.node_registry import _read_facts
from tests.engine.cluster.conftest import node, until


async def test_what_nodes_say_of_themselves(registry: Registry) -> None:
    said = [
        node(
            "a",
            is_draining=True,
            facts=ProcessFacts(3, {"ringing": 3}, (("a", "x", 1, 2, 3),)),
        ),
        node("b", capabilities=frozenset()),
        node("c!", capabilities=frozenset({"ccxml"}), call_limit=0),
    ]
    for info in reversed(said):
        await registry.announce(info)

    assert await registry.nodes() == said
    newer = replace(said[0], is_draining=False, facts=ProcessFacts(calls=4))
    await registry.announce(newer)
    assert await registry.nodes() == [newer, *said[1:]]


@pytest.mark.parametrize("text", ["", "[]", '{"calls": "many"}', '{"rest": [1]}'])
def test_facts_of_another_version_are_none(text: str) -> None:
    with capture_logs() as lines:
        assert _read_facts("a", text) == ProcessFacts()
    assert [(line["event"], line["node"]) for line in lines] == [
        ("message_refused", "a")
    ]


async def test_a_name_belongs_to_one_process(registry: Registry) -> None:
    first, second = node("a", boot="1"), node("a", boot="2")
    await registry.announce(first)

    with pytest.raises(NameTakenError, match="has the name a"):
        await registry.announce(second)
    await registry.leave(second)
    assert await registry.nodes() == [first]

    await registry.leave(first)
    assert await registry.nodes() == []
    await registry.announce(second)
    assert await registry.nodes() == [second]


async def test_a_name_is_free_once_its_node_says_nothing(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.cluster.node_registry.LIFE_S", 0.2)
    await registry.announce(node("a", boot="1"))

    async def is_free() -> bool:
        with suppress(NameTakenError):
            await registry.announce(node("a", boot="2"))
            return True
        return False

    assert not await is_free()
    await until(is_free)
    await until(lambda: _is_empty(registry))


async def _is_empty(registry: Registry) -> bool:
    return not await registry.nodes()


async def test_a_node_that_runs_stays_listed(
    connection: RedisConnection, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.cluster.node_registry.LIFE_S", 1.0)
    monkeypatch.setattr("engine.cluster.heartbeat.BEAT_S", 0.05)
    calls = 0

    def now() -> object:
        nonlocal calls
        calls += 1
        return node("a", facts=ProcessFacts(calls=calls))

    task = asyncio.create_task(registry.run(now))  # type: ignore[arg-type]
    await until(registry.nodes)  # it is the first to have the name
    other = Registry(connection)
    intruder = asyncio.create_task(other.run(lambda: node("a", boot=str(uuid.uuid4()))))
    try:

        async def has_beaten() -> bool:
            found = await registry.nodes()
            assert not found or found[0].boot == "boot-of-a"
            return bool(found) and found[0].facts.calls != 1 and calls > 30

        await until(has_beaten)
        assert not intruder.done()
    finally:
        task.cancel()
        intruder.cancel()
        await asyncio.wait([task, intruder])
