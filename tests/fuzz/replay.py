"""The messages of a run once more: what the target chose anew is put in place of the old.

Call-IDs, tags, branches and CSeq numbers of the target differ at every run. Each message
was kept with those that it had been made of (``history.py``).
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from .behaviours import BEHAVIOURS, Behaviour, be_third_party
from .call import Call
from .far_end import FarEnd
from .history import Entry, History, load
from .messages import HOST, TARGET_PORT
from .report import Report
from .run import CONTROL, Plan, Run, conclude, finish, started
from .strangers import EPISODES

HEARD_LIMIT_S = 2.0  # for the request that a message has answered
AFTER_S = 8.0  # for what the last message leads to


def substitute(raw: bytes, old: dict[str, str], new: dict[str, str]) -> bytes:
    """*raw* with the values of the first run replaced by those of this one."""
    pairs = [(old[name], new[name]) for name in old if new.get(name) and old[name]]
    for before, after in sorted(pairs, key=lambda pair: -len(pair[0])):
        raw = raw.replace(before.encode("latin-1"), after.encode("latin-1"))
    return raw


class Script:
    """The messages of a finding, by episode."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.began = entries[0].at if entries else 0.0
        self.length_s = entries[-1].at - self.began if entries else 0.0
        self.sent: dict[str, list[Entry]] = defaultdict(list)
        self.first: dict[str, float] = {}
        for entry in entries:
            if entry.episode and not entry.episode.startswith(CONTROL):
                self.first.setdefault(entry.episode, entry.at - self.began)
                if entry.way != "received":
                    self.sent[entry.episode].append(entry)

    def behaviour_of(self, episode: str) -> Behaviour:
        """Sends what the callee of *episode* has sent; then it answers properly."""
        if episode.startswith(CONTROL):
            return BEHAVIOURS[CONTROL]
        if episode not in self.sent:
            return be_third_party
        return self._send_again

    async def _send_again(self, call: Call, _: Sequence[Call]) -> None:
        entries = self.sent[call.episode]
        call.answers = False
        shift_s = asyncio.get_running_loop().time() - entries[0].at
        for entry in entries:
            await _until(shift_s + entry.at)
            with suppress(TimeoutError):
                async with asyncio.timeout(HEARD_LIMIT_S):
                    while call.heard < entry.heard:
                        await asyncio.sleep(0.01)
            raw = substitute(entry.data or b"", entry.values, call.values)
            if entry.way == "sent":
                call.send(raw)
            else:
                call.send_media(raw, is_rtcp=entry.way == "rtcp")
        call.answers = True

    async def send_as_stranger(self, episode: str, far_end: FarEnd) -> None:
        """Send what a stranger has sent, over streams of its own where it had some."""
        entries = self.sent[episode]
        shift_s = asyncio.get_running_loop().time() - entries[0].at
        streams: dict[str, asyncio.StreamWriter] = {}
        for entry in entries:
            await _until(shift_s + entry.at)
            if entry.link == "udp":
                far_end.send_datagram(entry.data or b"")
                continue
            with suppress(OSError):
                if entry.link not in streams:
                    _, streams[entry.link] = await asyncio.open_connection(
                        HOST, TARGET_PORT
                    )
                if entry.data is None:
                    streams[entry.link].close()
                else:
                    streams[entry.link].write(entry.data)


async def _until(moment: float) -> None:
    await asyncio.sleep(max(moment - asyncio.get_running_loop().time(), 0))


async def replay(plan: Plan, file: Path, folder: Path) -> Report:
    """Send what *file* holds to a target of its own; what came of it."""
    script, history = Script(load(file)), History()
    far_end = FarEnd(history, plan.seed, script.behaviour_of)
    async with started(plan, folder, history, far_end) as run:
        tasks = [
            asyncio.create_task(_perform(script, run, episode))
            for episode in script.first
        ]
        tasks.append(asyncio.create_task(run.check()))
        await run.last(script.length_s + AFTER_S)
        await finish(tasks, run)
        return await conclude(run, folder)


async def _perform(script: Script, run: Run, episode: str) -> None:
    await asyncio.sleep(script.first[episode])
    kind = episode.partition(".")[0]
    if kind in run.plan.kinds:
        run.figures.episodes[kind] += 1
    if kind in EPISODES:
        await script.send_as_stranger(episode, run.far_end)
    elif kind in BEHAVIOURS:
        await run.perform(kind, episode)
