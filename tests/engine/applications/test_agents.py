"""The built-in application ``agents`` on real calls of a campaign, and what it decides."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from engine.applications.session_values import session_values
from engine.model.agent_hint import AgentHint
from engine.model.campaign import (
    AgentEntry,
    AgentState,
    AttemptEntry,
    AttemptOutcome,
    CampaignCall,
    CampaignState,
    NewContact,
)
from engine.model.outbound_request import Action, OutboundRequest
from engine.store import Store, open_store
from tests.conftest import Dialer
from tests.engine.callee import Callee, called
from tests.engine.process import PLATFORM, SETTINGS, configured, serving

CAMPAIGN = """
[[campaign]]
id = "spring"
application = "hello"
pace = { threshold_ms = %d }
retries = { attempts = 1 }
hints = { agents = { message = "This was a call of the example company." } }
"""


@asynccontextmanager
async def campaign(
    folder: Path, person: Callee, agent: str | None, *, wait_ms: int = 1000
) -> AsyncIterator[Store]:
    """A campaign that calls *person* once, with an *agent* at this address; its database."""
    address = person.uris[0].partition("@")[2] or person.uris[0].removeprefix("sip:")
    address = address.partition(";")[0]
    settings = SETTINGS.replace("[sip]", f'[sip]\ndefault_domain = "{address}"')
    file = configured(folder, settings, PLATFORM + CAMPAIGN % wait_ms)
    async with serving(file):
        store = await open_store(
            f"sqlite:///{folder / 'outring.db'}", busy_timeout_s=10
        )
        try:
            await begin(store, agent)
            yield store
        finally:
            await store.aclose()


async def begin(store: Store, agent: str | None) -> None:
    now = time.time()
    if agent is not None:
        free = AgentEntry("spring", "anna", AgentState.FREE, now, now + 600, agent)
        await store.agents.put(free)
    await store.contacts.import_contacts("spring", [NewContact("k", ("+49301",))], now)
    await store.campaigns.change_state(
        "spring", [*CampaignState], CampaignState.RUNNING, now=now
    )


async def ended(store: Store) -> AttemptEntry:
    """Wait for the end of the attempt."""
    async with asyncio.timeout(30):
        while True:
            attempts = await store.campaigns.find_attempts("spring", limit=10)
            if attempts and attempts[0].ended is not None:
                return attempts[0]
            await asyncio.sleep(0.05)


async def states(store: Store) -> list[tuple[AgentState, str | None]]:
    """What the agents do."""
    agents = await store.agents.find_all("spring", time.time())
    return [(agent.state, agent.call) for agent in agents]


@pytest.mark.sipp
async def test_whoever_answers_gets_an_agent(tmp_path: Path) -> None:
    async with (
        called("--answer-after", "0", "--hang-up-after", "3") as person,
        called("--answer-after", "0", "--say", "Good morning, it is me.") as agent,
        campaign(tmp_path, person, agent.uris[0]) as store,
    ):
        await agent.until("answered")
        busy = await states(store)
        end = await person.until("hung_up")
        await agent.until("caller_hung_up")
        attempt = await ended(store)
        free = await states(store)

    assert busy == [(AgentState.BUSY, attempt.call)]
    assert (attempt.outcome, attempt.agent) == (AttemptOutcome.PERSON, "anna")
    assert attempt.answered is not None
    assert attempt.agent_at is not None
    assert attempt.answered <= attempt.agent_at
    assert end["heard_s"] > 0.5
    assert free == [(AgentState.FREE, None)]


@pytest.mark.sipp
async def test_without_an_agent_the_message_is_heard(tmp_path: Path) -> None:
    async with (
        called("--answer-after", "0") as person,
        campaign(tmp_path, person, None, wait_ms=300) as store,
    ):
        end = await person.until("caller_hung_up")
        attempt = await ended(store)

    assert end["heard_s"] > 1.0
    assert attempt.outcome is AttemptOutcome.ABANDONED
    assert (attempt.agent, attempt.agent_at) == (None, None)


@pytest.mark.sipp
async def test_an_agent_who_does_not_answer_in_time_is_away(tmp_path: Path) -> None:
    async with (
        called("--answer-after", "0") as person,
        called("--ring") as agent,
        campaign(tmp_path, person, agent.uris[0]) as store,
    ):
        await agent.until("cancelled")
        attempt = await ended(store)
        seen = await states(store)

    assert attempt.outcome is AttemptOutcome.ABANDONED
    assert seen == [(AgentState.AWAY, None)]


@pytest.mark.sipp
async def test_agents_are_for_calls_of_campaigns(dialer: Dialer) -> None:
    status, answer = await dialer.call("sip:a@127.0.0.1:9", hints={"agents": True})

    assert (status, answer["result"]) == (400, "Invalid request")
    assert "agents is for calls of campaigns" in answer["detail"]


@pytest.mark.parametrize("from_greeting", [True, False])
def test_its_document_finds_what_it_needs(from_greeting: bool) -> None:
    request = OutboundRequest(
        Action.MAKE_CALL,
        "+49301",
        None,
        agents=AgentHint("Sorry."),
        campaign=CampaignCall("spring", "k", None, None, 500, from_greeting),
    )

    assert session_values(request) == {
        "waitsForGreeting": "false",  # it is not looked for machines
        "waitMs": "500",
        "message": "Sorry.",
        "voice": "",
        "agentGroup": "",
        "to": "+49301",
    }
