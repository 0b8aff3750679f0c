"""One run: a target, the far end, calls and strangers at a bounded rate, and what came of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import aiohttp

from engine.model.result import Result
from tests.scraping import Scraped, scraped

from .behaviours import BEHAVIOURS, behaviour_of
from .far_end import FarEnd, random_of
from .history import History
from .messages import FAR_END_PORT, HOST
from .name_server import serve_names
from .report import Figures, Report
from .strangers import EPISODES, Stranger
from .target import (
    PLAIN_KEY,
    RING_MS,
    START_LIMIT_S,
    TALK_KEY,
    TALK_MS,
    URL,
    Target,
    running,
)

CONTROL = "control"
CONTROL_EVERY_S = 2.0
CONTROL_LIMIT_S = 8.0  # below what a silent name server costs who waits for it
WAIT_MS = 15_000  # of the client of a call
ANSWER_LIMIT_S = WAIT_MS / 1000 + 15
EPISODE_LIMIT_S = 40.0
SETTLE_S = 90.0  # a BYE that nobody answers lasts 32 s, a forced end 40 s
LOOK_S = 0.5
DEATH_S = 1.0  # a process that dies closes its connections first
WARM_SHARE = 0.3  # of the time, after which memory should be flat
LONG_S = 300.0  # from then on memory is judged
MOST_GROWTH_MB = 60.0  # three times as much where freed memory is held back for checks
SPARE_FILES = 20  # connections that PJSIP keeps for half a minute
MOST_MISSED = 5  # control calls one after the other

KINDS = (*(kind for kind in BEHAVIOURS if kind != CONTROL), *EPISODES)
STATUS_OF = {result.text: result.http_status for result in Result}


@dataclass(frozen=True, slots=True)
class Plan:
    """What shall be done."""

    seconds: float
    seed: int
    kinds: Sequence[str] = KINDS
    at_once: int = 20
    sanitized: Path | None = None
    spared: Sequence[str] = ()  # texts: messages with one of them are not sent


@dataclass(slots=True)
class Run:
    """A run that goes on."""

    plan: Plan
    target: Target
    far_end: FarEnd
    history: History
    http: aiohttp.ClientSession
    figures: Figures = field(default_factory=Figures)
    wrongs: list[str] = field(default_factory=list)
    _number: int = 0
    _missed: int = 0
    _is_over: bool = False

    # -- calls and strangers -------------------------------------------------------

    async def go_on(self) -> None:
        """Begin one episode after another, until the time is over."""
        while not self._is_over and not self.target.has_ended:
            self._number += 1
            kind = random_of(self.plan.seed, str(self._number)).choice(self.plan.kinds)
            episode = f"{kind}.{self._number}"
            self.figures.episodes[kind] += 1
            with suppress(TimeoutError):
                async with asyncio.timeout(EPISODE_LIMIT_S):
                    await self.perform(kind, episode)

    async def perform(self, kind: str, episode: str) -> None:
        """One episode, from its beginning to its end."""
        random = random_of(self.plan.seed, f"caller of {episode}")
        if kind in EPISODES:
            await EPISODES[kind](Stranger(episode, random, self.far_end, self.history))
            return
        uuid = await self.place(episode, random)
        if uuid is not None:
            await asyncio.sleep(random.uniform(0, 3))
            if random.random() < 0.5:
                await self.hang_up(uuid)

    async def place(self, episode: str, random: Random) -> str | None:
        """Ask for a call; its applicationUUID if it was connected."""
        kind = ";transport=tcp" if random.random() < 0.2 else ""
        talks = episode.startswith("media") or random.random() < 0.3
        hints: dict[str, object] = {"ring_timeout": RING_MS, "max_duration": TALK_MS}
        if random.random() < 0.3:
            hints["bvr_callprogress"] = {"enabled": "amd, fax"}
        answer = await self.ask(
            {
                "action": "makeCall",
                "to": f"sip:{episode}@{address_of(episode)}:{FAR_END_PORT}{kind}",
                "apiKey": TALK_KEY if talks else PLAIN_KEY,
                "timeout": WAIT_MS,
                "hints": hints,
            }
        )
        return (
            answer.get("applicationUUID")
            if answer.get("result") == "Call connected"
            else None
        )

    async def ask(self, request: dict[str, object]) -> dict[str, str]:
        """Ask for a call; the answer, empty where there is none."""
        self.figures.calls += 1
        limit = aiohttp.ClientTimeout(total=ANSWER_LIMIT_S)
        try:
            async with self.http.post(f"{URL}/api/v1/bvr/outbound", json=request, timeout=limit) as response:  # fmt: skip
                answer: dict[str, str] = await response.json()
                self._judge(response.status, answer)
        except (aiohttp.ClientError, TimeoutError) as error:
            if not await self.target.ends_within(DEATH_S):
                self.wrongs.append(f"no HTTP answer to {request['to']}: {error!r}")
            return {}
        return answer

    def _judge(self, status: int, answer: dict[str, str]) -> None:
        result = answer.get("result", "")
        self.figures.results[result] += 1
        if STATUS_OF.get(result) != status:
            self.wrongs.append(f"HTTP {status} with result {result!r}")
        if result in (Result.INTERNAL_ERROR.text, Result.NO_BVR.text):
            self.wrongs.append(f"{result}: {answer}")

    async def hang_up(self, uuid: str) -> None:
        """Ask for the end of a call."""
        place = f"{URL}/api/v1/bvr/calls/{uuid}"
        with suppress(aiohttp.ClientError, TimeoutError):
            for key in (PLAIN_KEY, TALK_KEY):
                async with self.http.delete(
                    place, headers={"X-API-Key": key}
                ) as response:
                    if response.status != 404:
                        return

    async def check(self) -> None:
        """Place a healthy call every few seconds: it has to connect."""
        number = 0
        while not self._is_over:
            number += 1
            began = time.monotonic()
            request: dict[str, object] = {
                "action": "makeCall",
                "to": f"sip:{CONTROL}.{number}@{HOST}:{FAR_END_PORT}",
                "apiKey": PLAIN_KEY,
                "timeout": int(CONTROL_LIMIT_S * 1000),
                "hints": {"ring_timeout": 20_000},  # even where the machine is slow
            }
            answer = await self.ask(request)
            took_s = time.monotonic() - began
            self.figures.slowest_control_s = max(self.figures.slowest_control_s, took_s)
            connected = answer.get("result") == Result.CALL_CONNECTED.text
            if connected and took_s < CONTROL_LIMIT_S + self.figures.own_lag_s:
                self.figures.controls += 1
                self._missed = 0
            elif not await self.target.ends_within(DEATH_S):
                self._missed += 1
                self.wrongs.append(
                    f"control call {number} after {took_s:.1f} s: {answer}"
                )
            await asyncio.sleep(CONTROL_EVERY_S)

    # -- the time, and the end -----------------------------------------------------

    async def last(self, seconds: float) -> None:
        """Let *seconds* pass, or less where the target has ended before."""
        ends = time.monotonic() + seconds
        warm = time.monotonic() + seconds * WARM_SHARE
        while time.monotonic() < ends and not self.target.has_ended:
            slept = time.monotonic()
            await asyncio.sleep(LOOK_S)
            late_s = time.monotonic() - slept - LOOK_S
            self.figures.own_lag_s = max(self.figures.own_lag_s, late_s)
            memory = self.target.rss_mb()
            self.figures.most_mb = max(self.figures.most_mb, memory)
            if not self.figures.warm_mb and time.monotonic() >= warm:
                self.figures.warm_mb = memory
            if self._missed >= MOST_MISSED:
                self.wrongs.append("no healthy call connects any more")
                break
        self._is_over = True

    async def settle(self) -> None:
        """Wait until nothing is left of all calls, and look at what is."""
        self.far_end.abort_streams()
        began = time.monotonic()
        left: dict[str, float] = {}
        while time.monotonic() - began < SETTLE_S and not self.target.has_ended:
            with suppress(aiohttp.ClientError, TimeoutError):
                left = self._left(await scraped(self.http, URL))
                if not left:
                    break
            await asyncio.sleep(LOOK_S)
        self.figures.settle_s = time.monotonic() - began
        if left:
            self.wrongs.append(f"left after {SETTLE_S:.0f} s: {left}")
        self._judge_memory()

    def _left(self, metrics: Scraped) -> dict[str, float]:
        """What is more than it was before the first call."""
        self.figures.acts = acts_of(metrics)
        self.figures.files = self.target.files()
        more = self.figures.files - self.figures.files_before
        return held_of(metrics) | ({"open files": more} if more > SPARE_FILES else {})

    def _judge_memory(self) -> None:
        figures = self.figures
        figures.end_mb = self.target.rss_mb()
        most = MOST_GROWTH_MB * (3 if self.plan.sanitized else 1)
        grown = figures.end_mb - figures.warm_mb
        if self.plan.seconds >= LONG_S and grown > most:
            self.wrongs.append(f"memory has grown by {grown:.0f} MB since it was warm")


def address_of(episode: str) -> str:
    """The callee's address: one for each, so that no connection is shared."""
    number = int(episode.rpartition(".")[2])
    return f"127.{1 + number // 62500 % 250}.{number // 250 % 250}.{1 + number % 250}"


def held_of(metrics: Scraped) -> dict[str, float]:
    """The calls, sessions and slots that the metrics tell of, without those that are 0."""
    names = ("outring_calls", "outring_slots_held", "outring_ccxml_sessions")
    return {
        f"{name} {' '.join(value for _, value in sorted(labels))}": value
        for name in names
        for (_, labels), value in metrics.of(name).items()
        if value
    }


def acts_of(metrics: Scraped) -> dict[str, int]:
    """How often each watchdog had to act."""
    return {
        act: int(count)
        for (name, labels), count in metrics.of("outring_watchdog_acts_total").items()
        if name.endswith("_total") and count
        for _, act in labels
    }


@asynccontextmanager
async def started(plan: Plan, folder: Path, history: History, far_end: FarEnd) -> AsyncIterator[Run]:  # fmt: skip
    """Start all that a run needs, and wait until the target serves."""
    names = await serve_names()
    connector = aiohttp.TCPConnector(force_close=True, limit=0)
    try:
        async with (
            far_end.listening(),
            running(folder, plan.sanitized) as target,
            aiohttp.ClientSession(connector=connector) as http,
        ):
            await _is_ready(target, http)
            yield Run(plan, target, far_end, history, http)
    finally:
        names.close()


async def _is_ready(target: Target, http: aiohttp.ClientSession) -> None:
    async with asyncio.timeout(START_LIMIT_S):
        while not target.has_ended:
            with suppress(aiohttp.ClientError):
                async with http.get(f"{URL}/readyz") as response:
                    if response.status == 200:
                        return
            await asyncio.sleep(0.1)
    raise RuntimeError("the program does not start:\n" + "\n".join(target.lines))


async def fuzz(plan: Plan, folder: Path) -> Report:
    """Run *plan* with files in *folder*; what came of it."""
    history = History()
    far_end = FarEnd(history, plan.seed, behaviour_of, plan.spared)
    async with started(plan, folder, history, far_end) as run:
        run.figures.files_before = run.target.files()
        tasks = [asyncio.create_task(run.go_on()) for _ in range(plan.at_once)]
        tasks.append(asyncio.create_task(run.check()))
        await run.last(plan.seconds)
        await finish(tasks, run)
        return await conclude(run, folder)


async def finish(tasks: Sequence[asyncio.Task[None]], run: Run) -> None:
    """Let the episodes that are under way end; they are dropped if the target has ended."""
    if run.target.has_ended:
        for task in tasks:
            task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception):
            run.far_end.errors.append(repr(outcome))


async def conclude(run: Run, folder: Path) -> Report:
    """Settle and stop the target; the report, with all files written that it names."""
    await run.settle()
    status: int | None
    if run.target.has_ended:
        status = run.target.process.returncode
        run.wrongs.insert(0, f"the process has died: exit status {status}")
    else:
        status = await run.target.stop()
        if status != 0:
            run.wrongs.append(f"exit status after SIGTERM: {status}")
    await run.target.close()
    run.figures.received = run.far_end.received
    run.figures.noted = run.history.count
    report = Report.of(
        run.plan.seed, run.figures, run.wrongs, run.target, run.far_end.errors
    )
    run.history.save(folder / "history.jsonl")
    (folder / "errors.txt").write_text("\n".join(run.target.lines))
    return report
