"""Every call's events arrive, whenever the process is killed."""

import asyncio
import signal
from pathlib import Path

from engine.store import RecordFilter, open_store
from tests.engine.cli.test_serve import post
from tests.engine.process import PLATFORM, configured, serving, started

from .receiver import SECRET, View, receiving

NOBODY = "sip:1@127.0.0.1:1;transport=tcp"
WEBHOOK = """
[[webhook]]
id = "crm"
uri = "{}"
secrets = ["{}"]
"""


async def test_no_event_is_lost_by_a_process_that_is_killed(tmp_path: Path) -> None:
    is_up = asyncio.Event()

    async def wait(_: View) -> int:
        await is_up.wait()
        return 200

    async with receiving(wait) as receiver:
        platform = PLATFORM + WEBHOOK.format(receiver.uri, SECRET)
        file = configured(tmp_path, platform=platform)
        async with serving(file) as outring:
            await asyncio.gather(*(post(outring.url, NOBODY) for _ in range(5)))
            await receiver.until(lambda: bool(receiver.tried))
            is_up.set()
            await receiver.until(lambda: bool(receiver.taken))
            outring.signal(signal.SIGKILL)
            await outring.process.wait()
        async with started(file) as outring:
            await post(outring.url, NOBODY)
            await receiver.until(lambda: len(ended(receiver.taken)) == 6)

    calls = ended(receiver.taken)
    assert calls == await recorded(file.parent)
    for call, last in calls.items():
        assert receiver.seqs(call) == [*range(1, last + 1)]


def ended(events: list[View]) -> dict[str, int]:
    """The calls that have ended, and the numbers of their last events."""
    return {it["call"]: it["seq"] for it in events if it["type"] == "call.ended"}


async def recorded(folder: Path) -> dict[str, int]:
    """The same of the database."""
    store = await open_store(f"sqlite:///{folder}/outring.db")
    try:
        records = await store.find_records(RecordFilter())
        entries, _ = await store.events.read_after(0)
    finally:
        await store.aclose()
    lasts = {it.subject.call: it.seq for it in entries if it.type == "call.ended"}
    assert lasts.keys() == {record.id for record in records}
    return lasts
