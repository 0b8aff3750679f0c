"""Campaigns that call: real processes, and a callee whose behaviour is in the number."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from engine.model.campaign import (
    AttemptEntry,
    AttemptOutcome,
    CampaignState,
    ContactEnd,
    ContactEntry,
    ContactState,
    NewContact,
)
from engine.store import Store, open_store
from tests.answering_callee import AnsweringCallee, answering
from tests.engine.process import PLATFORM, configured, serving, started, stored

pytestmark = [pytest.mark.sipp, pytest.mark.timeout(120)]

CAMPAIGN = """
[[campaign]]
id = "spring"
application = "hello"
pace = {{ calls_per_second = 200.0 }}
retries = {{ attempts = 2, failures = 2, after = {{ busy = [0.3], congestion = [0.3], no_answer = [0.3] }} }}
{more}

[[proxy]]
id = "callee"
mode = "REWRITE_DESTINATION"
address = "sip:127.0.0.1:{port}"

[[group]]
id = "callees"
members = ["callee"]
default = true
"""


def written(folder: Path, callee: AnsweringCallee, more: str = "") -> Path:
    """The files of a platform with a campaign to *callee*."""
    platform = PLATFORM + CAMPAIGN.format(port=callee.port, more=more)
    return configured(folder, platform=platform)


def numbers(*last: int, count: int = 1) -> list[NewContact]:
    """Contacts whose numbers end with these digits, so many of each."""
    return [
        NewContact(f"{digit}-{i}", (f"+49301{i:04}{digit}",))
        for digit in last
        for i in range(count)
    ]


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Store]:
    """The database of the process."""
    store = await open_store(f"sqlite:///{folder / 'outring.db'}", busy_timeout_s=10)
    try:
        yield store
    finally:
        await store.aclose()


async def begun(store: Store, contacts: Sequence[NewContact]) -> None:
    """Import *contacts* and start the campaign."""
    await store.contacts.import_contacts("spring", contacts, time.time())
    await set_state(store, CampaignState.RUNNING)


async def set_state(store: Store, to: CampaignState) -> None:
    """Change the campaign's state from whatever it is."""
    changed = await store.campaigns.change_state(
        "spring", [*CampaignState], to, now=time.time()
    )
    assert changed is not None


async def reached(store: Store, state: CampaignState) -> None:
    """Wait until the campaign has *state*."""
    async with asyncio.timeout(60):
        while (await store.campaigns.read_run("spring")).state is not state:
            await asyncio.sleep(0.05)


async def contacts_of(store: Store) -> list[ContactEntry]:
    """All contacts."""
    return list(await store.contacts.find_page("spring", limit=1000))


async def attempts_of(store: Store) -> list[AttemptEntry]:
    """All attempts."""
    return list(await store.campaigns.find_attempts("spring", limit=10_000))


def check_called_once(
    callee: AnsweringCallee, attempts: Sequence[AttemptEntry]
) -> None:
    """Each attempt was at most one call, and each call an attempt that is known."""
    tried = Counter(
        it.number for it in attempts if it.outcome is not AttemptOutcome.NOT_PLACED
    )
    for user, calls in callee.called.items():
        assert len(calls) <= tried[user], user


async def test_everybody_is_called_and_the_books_agree(tmp_path: Path) -> None:
    async with (
        answering() as callee,
        serving(written(tmp_path, callee)),
        opened(tmp_path) as store,
    ):
        await begun(store, numbers(0, 1, 2, 3, 4, count=3))
        await reached(store, CampaignState.FINISHED)
        contacts, attempts = await contacts_of(store), await attempts_of(store)
        counts = await store.campaigns.read_counts("spring")

    check_called_once(callee, attempts)
    ends = {it.key[0]: (it.end, it.last_outcome, it.attempts) for it in contacts}
    assert ends == {
        "0": (ContactEnd.REACHED, AttemptOutcome.PERSON, 1),
        "1": (ContactEnd.EXHAUSTED, AttemptOutcome.BUSY, 2),
        "2": (ContactEnd.INVALID, AttemptOutcome.INVALID, 0),
        "3": (ContactEnd.EXHAUSTED, AttemptOutcome.CONGESTION, 0),
        "4": (ContactEnd.EXHAUSTED, AttemptOutcome.REJECTED, 1),
    }
    assert {it: n for it, n in counts.states.items() if n} == {ContactState.DONE: 15}
    assert Counter(it.outcome for it in attempts) == Counter(counts.outcomes)
    assert all(it.ended is not None for it in attempts)


async def test_records_name_the_campaign_and_the_contact(tmp_path: Path) -> None:
    async with (
        answering() as callee,
        serving(written(tmp_path, callee)),
        opened(tmp_path) as store,
    ):
        await begun(store, numbers(0))
        await reached(store, CampaignState.FINISHED)
        (attempt,) = await attempts_of(store)
        (record,) = await store.find_records_of(attempt.call)

    assert (record.campaign, record.contact) == ("spring", "0-0")
    assert attempt.answered == record.answered
    assert attempt.sip_status == 200


async def test_a_campaign_whose_calls_fail_rests_and_says_so(tmp_path: Path) -> None:
    breaker = "breaker = { calls = 5, window_s = 60, rest_s = 600 }"
    async with (
        answering() as callee,
        serving(written(tmp_path, callee, breaker)),
        opened(tmp_path) as store,
    ):
        await begun(store, numbers(3, count=50))
        async with asyncio.timeout(30):
            while (run := await store.campaigns.read_run("spring")).reason is None:
                await asyncio.sleep(0.05)

    assert run.state is CampaignState.RUNNING
    assert "have failed" in run.reason
    assert callee.calls < 100  # all of them twice


async def test_a_rest_that_another_process_has_told_of_is_taken_back(
    tmp_path: Path,
) -> None:
    async with (
        answering() as callee,
        opened_after_apply(written(tmp_path, callee)) as store,
    ):
        await begun(store, [NewContact("a", ("+4930123",), not_before=4e9)])
        running = CampaignState.RUNNING
        await store.campaigns.change_state(
            "spring", [running], running, now=time.time(), reason="They fail."
        )
        async with started(tmp_path / "outring.toml"), asyncio.timeout(30):
            while (await store.campaigns.read_run("spring")).reason is not None:
                await asyncio.sleep(0.05)


async def test_a_pause_stops_new_calls(tmp_path: Path) -> None:
    async with answering() as callee:
        file = written(tmp_path, callee)
        platform = tmp_path / "platform.toml"
        platform.write_text(platform.read_text().replace("200.0", "20.0"))
        async with serving(file), opened(tmp_path) as store:
            await begun(store, numbers(0, count=200))
            await callee.called_by(5)
            await set_state(store, CampaignState.PAUSED)
            attempts = len(await attempts_of(store))
            assert attempts < 200
            await set_state(store, CampaignState.RUNNING)
            await callee.called_by(attempts + 5)


async def test_a_process_that_is_killed_calls_nobody_twice(tmp_path: Path) -> None:
    async with answering() as callee:
        file = written(tmp_path, callee)
        async with opened_after_apply(file) as store:
            await begun(store, numbers(0, 1, 6, count=60))
            for calls in (20, 60, 100):
                async with started(file) as outring:
                    await callee.called_by(calls)
                    outring.signal(signal.SIGKILL)
                    await outring.ended()
            async with started(file):
                await settled(store)
            attempts = await attempts_of(store)

    check_called_once(callee, attempts)
    unknown = [it for it in attempts if it.outcome is AttemptOutcome.UNKNOWN]
    assert len({it.key for it in unknown}) == len(unknown)


@asynccontextmanager
async def opened_after_apply(file: Path) -> AsyncIterator[Store]:
    """The database of the platform beside *file*, before a process runs."""
    await stored(file)
    async with opened(file.parent) as store:
        yield store


async def settled(store: Store) -> None:
    """Wait until every contact is done, but for those that nothing was sent for."""
    async with asyncio.timeout(60):
        while True:
            attempts = await store.campaigns.find_open("spring")
            due = await store.contacts.find_first_due("spring")
            if due is None and all(it.reserved < time.time() - 3 for it in attempts):
                return
            await asyncio.sleep(0.1)
