"""What a campaign adds to a call: python -m tests.load.campaign_cost

    [--rate 200] [--seconds 20] [--rounds 2]

The same callees are called at the same rate, in turn by requests to the API and by a campaign,
on an outring of its own each, and the CPU of a call is printed. A round is both.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from engine.config.toml_file import TomlFile
from engine.model.campaign import AttemptOutcome, CampaignState, NewContact
from engine.platform.objects import Objects
from engine.store import Store, open_store
from tests.load.callees import Callees, callees
from tests.load.mix import Answer, Mix, Outcome, Shares
from tests.load.platforms import Platform, Shape, platform_of
from tests.load.processes import cpu_s
from tests.load.run import Live, Offer, put
from tests.platform import store_objects

MOST_RATE, MOST_S, MOST_ROUNDS = 2000, 600, 20
PAGE = 1000
CAMPAIGN = "cost"
MIX = Mix(share=Shares(answer=1), answer=Answer(hold_ms=0, hangs_up="callee"))
OBJECTS = """
[[campaign]]
id = "{campaign}"
application = "hello"
pace = {{ calls_per_second = {rate:.1f} }}
suppressions = ["never"]
windows = [{{ opens = "00:00", closes = "24:00" }}]
default_zone = "UTC"

[[proxy]]
id = "callee"
mode = "REWRITE_DESTINATION"
address = "{address}"

[[group]]
id = "callees"
members = ["callee"]
default = true
"""


async def measure_api(folder: Path, rate: int, seconds: int) -> float:
    """Return the milliseconds of CPU of a call that was asked for by a request."""
    offer = Offer(seconds, rate=rate)
    async with (
        callees(folder, MIX) as far_ends,
        platform_of(folder, Shape()) as platform,
    ):
        report = await put(folder, platform, Shape(), far_ends, MIX, offer, _watch)
    calls = sum(it.calls for it in report.callees.values())
    used_s = sum(it.cpu_s for it in report.taken if it.name == "outring")
    return used_s * 1000 / calls


async def measure_campaign(folder: Path, rate: int, seconds: int) -> float:
    """Return the milliseconds of CPU of a call that a campaign has placed."""
    async with (
        callees(folder, MIX) as far_ends,
        platform_of(folder, Shape()) as platform,
        _opened(platform) as store,
    ):
        await _provision(folder, platform, far_ends, rate)
        contacts = _contacts(rate * seconds)
        now = time.time()
        for start in range(0, len(contacts), PAGE):
            part = contacts[start : start + PAGE]
            await store.contacts.import_contacts(CAMPAIGN, part, now)
        before = _cpu_s(platform)
        await _set_running(store)
        await _wait_until_finished(store, seconds)
        counts = await store.campaigns.read_counts(CAMPAIGN)
        persons = counts.outcomes[AttemptOutcome.PERSON]
        assert persons == len(contacts), counts
        return (_cpu_s(platform) - before) * 1000 / persons


def _watch(_: Live) -> None:
    """Nobody watches."""


def _cpu_s(platform: Platform) -> float:
    return sum(cpu_s(process) for process in platform.processes["outring"])


@asynccontextmanager
async def _opened(platform: Platform) -> AsyncIterator[Store]:
    store = await open_store(f"sqlite:///{platform.databases[0]}", busy_timeout_s=10)
    try:
        yield store
    finally:
        await store.aclose()


async def _provision(
    folder: Path, platform: Platform, far_ends: Callees, rate: int
) -> None:
    address = "sip:" + far_ends.uri(Outcome.ANSWER).partition("@")[2]
    own = folder / "outring-0" / "platform.toml"
    objects = OBJECTS.format(campaign=CAMPAIGN, rate=float(rate), address=address)
    own.write_text(own.read_text() + objects)
    url = f"sqlite:///{platform.databases[0]}"
    await store_objects(url, TomlFile(own).validate(Objects))


def _contacts(count: int) -> list[NewContact]:
    return [NewContact(f"{i}", (f"+4930{i:08}",)) for i in range(count)]


async def _set_running(store: Store) -> None:
    await store.campaigns.change_state(
        CAMPAIGN, [*CampaignState], CampaignState.RUNNING, now=time.time()
    )


async def _wait_until_finished(store: Store, seconds: int) -> None:
    async with asyncio.timeout(seconds * 3 + 60):
        while True:
            run = await store.campaigns.read_run(CAMPAIGN)
            if run.state is CampaignState.FINISHED:
                return
            await asyncio.sleep(0.5)


async def run(rate: int, seconds: int, rounds: int) -> None:
    """Measure both in turn, and print."""
    for number in range(rounds):
        figures = {}
        for name, measure in (("api", measure_api), ("campaign", measure_campaign)):
            with tempfile.TemporaryDirectory() as folder:
                figures[name] = await measure(Path(folder), rate, seconds)
        ratio = figures["campaign"] / figures["api"] - 1
        print(
            f"round {number + 1}: a call by the API {figures['api']:.2f} ms,"
            f" by a campaign {figures['campaign']:.2f} ms of CPU ({ratio:+.0%})"
        )


def main() -> None:
    """Read the command line, measure, and print."""
    parser = argparse.ArgumentParser(
        prog="tests.load.campaign_cost", description="What a campaign adds to a call."
    )
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=2)
    chosen = parser.parse_args()
    if not 1 <= chosen.rate <= MOST_RATE or not 1 <= chosen.seconds <= MOST_S:
        parser.error(f"--rate is 1 to {MOST_RATE}, --seconds 1 to {MOST_S}")
    if not 1 <= chosen.rounds <= MOST_ROUNDS:
        parser.error(f"--rounds is 1 to {MOST_ROUNDS}")
    asyncio.run(run(chosen.rate, chosen.seconds, chosen.rounds))


if __name__ == "__main__":
    main()
