"""Agents take calls as long as they say that they do."""

import asyncio

from engine.model.campaign import AgentEntry, AgentState, AttemptEntry
from engine.store import Store

from .samples import CAMPAIGN, NOW, begin, call_all, new_contacts, order


def agent(
    name: str, since: float = NOW, state: AgentState = AgentState.FREE
) -> AgentEntry:
    """What an agent says."""
    return AgentEntry(CAMPAIGN, name, state, since, since + 60, f"sip:{name}@pbx")


async def test_who_is_free_longest_takes_the_next_call(store: Store) -> None:
    for entry in (agent("anna", NOW + 2), agent("bert", NOW + 1)):
        await store.agents.put(entry)
    await store.agents.put(agent("cleo", NOW, AgentState.WRAP))

    takes = [await store.agents.reserve(CAMPAIGN, f"{n}", NOW + 3) for n in range(3)]

    assert [it.id if it else None for it in takes] == ["bert", "anna", None]
    assert takes[0] is not None
    assert (takes[0].state, takes[0].call) == (AgentState.BUSY, "0")


async def test_nobody_gets_the_same_agent(store: Store, other: Store) -> None:
    for name in ("anna", "bert", "cleo"):
        await store.agents.put(agent(name))

    takes = await asyncio.gather(
        *(
            it.agents.reserve(CAMPAIGN, f"{n}", NOW + 1)
            for n, it in enumerate([store, other] * 2)
        )
    )

    names = [it.id for it in takes if it is not None]
    assert len(names) == len(set(names)) <= 3


async def test_an_agent_without_a_beat_is_none(store: Store) -> None:
    await store.agents.put(agent("anna"))

    assert await store.agents.reserve(CAMPAIGN, "1", NOW + 60) is None
    assert await store.agents.find_all(CAMPAIGN, NOW + 60) == []


async def test_a_beat_that_crossed_a_reservation_keeps_it(store: Store) -> None:
    await store.agents.put(agent("anna"))
    await store.agents.reserve(CAMPAIGN, "1", NOW + 1)

    stands = await store.agents.put(agent("anna", NOW + 2))

    assert (stands.state, stands.call) == (AgentState.BUSY, "1")
    assert (stands.since, stands.expires) == (NOW + 1, NOW + 62)


async def test_an_agent_that_has_hung_up_gives_its_call_back(store: Store) -> None:
    await store.agents.put(agent("anna"))
    await store.agents.reserve(CAMPAIGN, "1", NOW + 1)

    stands = await store.agents.put(agent("anna", NOW + 2, AgentState.WRAP))

    assert (stands.state, stands.since, stands.call) == (AgentState.WRAP, NOW + 2, None)
    assert not await store.agents.release(CAMPAIGN, "1", NOW + 3)


async def test_since_when_an_agent_is_free_stays_with_its_beats(store: Store) -> None:
    await store.agents.put(agent("anna"))
    await store.agents.put(agent("anna", NOW + 20))

    (stands,) = await store.agents.find_all(CAMPAIGN, NOW + 21)
    assert (stands.since, stands.expires) == (NOW, NOW + 80)


async def test_an_agent_is_free_again_when_its_call_is_over(store: Store) -> None:
    await store.agents.put(agent("anna"))
    await store.agents.reserve(CAMPAIGN, "1", NOW + 1)

    assert await store.agents.release(CAMPAIGN, "1", NOW + 9)
    assert await store.agents.reserve(CAMPAIGN, "2", NOW + 10) is not None


async def reserve_agent(store: Store) -> AttemptEntry:
    """An attempt that has an agent."""
    await begin(store, new_contacts(1))
    (reservation,) = await store.campaigns.reserve(order(1), call_all)
    attempt = reservation.attempt
    assert attempt is not None
    await store.agents.put(agent("anna"))
    assert await store.agents.reserve(CAMPAIGN, attempt.call, NOW + 1) is not None
    return attempt


async def agent_of(store: Store) -> tuple[str | None, float | None]:
    """Whom the attempt names, and since when."""
    (attempt,) = await store.campaigns.find_open(CAMPAIGN)
    return attempt.agent, attempt.agent_at


async def test_an_attempt_names_the_agent_who_is_called_for_it(store: Store) -> None:
    await reserve_agent(store)

    assert await agent_of(store) == ("anna", None)


async def test_an_attempt_says_when_the_agent_got_the_call(store: Store) -> None:
    attempt = await reserve_agent(store)

    await store.agents.note_bridged(attempt.call, NOW + 2)
    await store.agents.release(CAMPAIGN, attempt.call, NOW + 3)

    assert await agent_of(store) == ("anna", NOW + 2)


async def test_an_agent_who_missed_the_call_is_not_named(store: Store) -> None:
    attempt = await reserve_agent(store)

    await store.agents.release(CAMPAIGN, attempt.call, NOW + 3, AgentState.AWAY)

    assert await agent_of(store) == (None, None)
    (stands,) = await store.agents.find_all(CAMPAIGN, NOW)
    assert (stands.state, stands.call) == (AgentState.AWAY, None)
