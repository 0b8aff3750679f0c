"""One load: callees, a platform and the driver at work, and what came of it."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import msgspec

from tests.engine.process import KEY
from tests.load.callees import Callees, Figures, callees
from tests.load.driver import Plan, Progress, Request, Summary
from tests.load.judge import Verdict, compare, kept_in, open_calls, told_in
from tests.load.mix import Mix, Outcome, cycle
from tests.load.platforms import OUTBOUND, Platform, Shape, platform_of
from tests.load.processes import Taken, Watch

WAIT_MS = 60_000  # of a client, beyond the time that its callee takes
SETTLE_S = 60.0  # after the last call should have ended; a BYE may take 40 s
STEADY_S = 15.0
TIMER_J_S = 32.0  # so long PJSIP keeps a call after the callee's BYE (RFC 3261 §17.2.2)
LOOK_S = 0.2
WARNINGS = 5  # of the log that are shown
DRIVER = (sys.executable, "-m", "tests.load.driver")

EXPECTED = {
    Outcome.ANSWER: "Call connected",
    Outcome.BUSY: "Call failed, 486 remote",
    Outcome.NO_ANSWER: "Call failed, 487 local-cancel",
    Outcome.SILENCE: "Call failed, 487 local-cancel",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """What is asked for: a rate in an open loop, or requests at once in a closed one."""

    seconds: float
    rate: float | None = None
    at_once: int | None = None
    outstanding: int = 2000

    @property
    def name(self) -> str:
        """For people."""
        if self.rate is not None:
            return f"{self.rate:g} calls/s for {self.seconds:g} s"
        return f"{self.at_once} requests at once for {self.seconds:g} s"


@dataclass(frozen=True, slots=True)
class Live:
    """How it stands, for those who watch."""

    progress: Progress
    calls: int  # that have not ended

    @property
    def connected(self) -> int:
        """Calls of which the client has its answer."""
        return max(self.calls - self.progress.outstanding, 0)


class Report(msgspec.Struct, frozen=True):
    """What came of a load."""

    platform: str
    offer: str
    summary: Summary
    taken: list[Taken]
    callees: dict[Outcome, Figures]
    silent_messages: int  # to the port where nobody answers
    verdict: Verdict
    calls_left: int  # that the status resource tells of
    slots_left: int  # that Redis holds
    warnings: list[str]

    @property
    def achieved_rate(self) -> float:
        """Calls a second that came to the result of their callee; later ones do not count."""
        return self.summary.expected_in_time / self.summary.seconds

    @property
    def legs_left(self) -> int:
        """Calls that the callees think are still there."""
        return sum(figures.open for figures in self.callees.values())

    def cpu_ms(self, *names: str) -> float:
        """CPU time for each call that came to its result, of the processes of these names."""
        spent = sum(group.cpu_s for group in self.taken if group.name in names)
        return spent * 1000 / max(self.summary.expected, 1)

    @property
    def dialer(self) -> list[Taken]:
        """The processes that are measured, rather than those that measure."""
        return [group for group in self.taken if group.name != "sipp"]

    @property
    def dialer_cpu_ms(self) -> float:
        """CPU time of a call, of all that is ours."""
        return self.cpu_ms(*(group.name for group in self.dialer))

    @property
    def wrongs(self) -> list[str]:
        """All that must not be; empty if it was clean."""
        summary, verdict = self.summary, self.verdict
        found = {
            "requests not offered": summary.not_offered,
            "requests without an answer": summary.unanswered,
            **{
                f"{outcome} told as {result}": count
                for outcome, results in summary.results.items()
                for result, count in results.items()
                if result != EXPECTED[Outcome(outcome)]
            },
            "calls without a record": verdict.missing,
            "records too many": verdict.repeated + verdict.unasked,
            "records with another result": verdict.differing,
            "terminal events lost": verdict.unended,
            "ends forced": verdict.forced,
            "calls left": self.calls_left,
            "slots left": self.slots_left,
            "SIP legs left": self.legs_left,
            "calls that failed at their callee": sum(
                figures.failed for figures in self.callees.values()
            ),
            "lines in the log": len(self.warnings),
        }
        return [f"{name}: {count}" for name, count in found.items() if count]


Watcher = Callable[[Live], None]


async def run_load(
    folder: Path, shape: Shape, mix: Mix, offer: Offer, watcher: Watcher
) -> Report:
    """Put *offer* on a platform of its own; *watcher* is told each second."""
    async with (
        callees(folder, mix) as far_ends,
        platform_of(folder, shape) as platform,
    ):
        return await put(folder, platform, shape, far_ends, mix, offer, watcher)


async def put(
    folder: Path,
    platform: Platform,
    shape: Shape,
    far_ends: Callees,
    mix: Mix,
    offer: Offer,
    watcher: Watcher,
) -> Report:
    """Put *offer* on *platform*, and see to it that all of it has ended."""
    since = time.time()
    plan = plan_of(folder / "answers", platform, far_ends, mix, offer)
    async with driving(plan) as driver, aiohttp.ClientSession() as http:
        watch = Watch(
            {**platform.processes, "sipp": far_ends.processes}, steady_s=steady_s(mix)
        )
        summary = await _follow(driver, platform, http, watch, watcher)
        calls_left = await _settled(platform, http, since, mix.longest_s + SETTLE_S)
        taken = watch.taken()
        figures = await far_ends.end()
    lost = summary.unanswered + sum(
        count
        for results in summary.results.values()
        for result, count in results.items()
        if result == "connection lost"
    )
    told = told_in(Path(plan.answers))
    return Report(
        platform=shape.name,
        offer=offer.name,
        summary=summary,
        taken=taken,
        callees=figures,
        silent_messages=far_ends.silent_messages,
        verdict=compare(told, kept_in(platform.databases, since), lost),
        calls_left=calls_left,
        slots_left=platform.slots(),
        warnings=platform.warnings()[:WARNINGS],
    )


def steady_s(mix: Mix) -> float:
    """When as many calls end as begin, and memory has had its time to become flat."""
    kept_s = mix.longest_s
    if Outcome.ANSWER in mix.shares and mix.answer.hangs_up == "callee":
        kept_s += TIMER_J_S
    return STEADY_S + (kept_s if kept_s > STEADY_S else 0)


def plan_of(
    answers: Path, platform: Platform, far_ends: Callees, mix: Mix, offer: Offer
) -> Plan:
    """The plan of the driver: *offer* of the calls of *mix* to *platform*."""
    expected_at_once = (offer.rate or 0) * mix.mean_waiting_s
    return Plan(
        ports=platform.ports,
        path=OUTBOUND,
        requests={
            outcome: Request(
                _body(outcome, mix, far_ends),
                EXPECTED[outcome],
                mix.waiting_s[outcome],
            )
            for outcome in mix.shares
        },
        order=[str(outcome) for outcome in cycle(mix.shares)],
        seconds=offer.seconds,
        answers=str(answers),
        rate=offer.rate,
        at_once=offer.at_once,
        outstanding=offer.outstanding,
        connections=min(offer.at_once or int(expected_at_once) + 16, offer.outstanding),
        patience_s=WAIT_MS / 1000,
    )


def _body(outcome: Outcome, mix: Mix, far_ends: Callees) -> str:
    """The request for a call of *outcome*."""
    hints: dict[str, int] = {}
    match outcome:
        case Outcome.ANSWER if mix.answer.hangs_up == "dialer":
            hints["max_duration"] = mix.answer.hold_ms
        case Outcome.NO_ANSWER:
            hints["ring_timeout"] = mix.no_answer.ring_timeout_ms
        case Outcome.SILENCE:
            hints["ring_timeout"] = mix.silence.ring_timeout_ms
    request = {
        "action": "makeCall",
        "to": far_ends.uri(outcome),
        "apiKey": KEY,
        "timeout": WAIT_MS + mix.waiting_s[outcome] * 1000,
        "hints": hints,
    }
    return json.dumps(request)


@asynccontextmanager
async def driving(plan: Plan) -> AsyncIterator[asyncio.subprocess.Process]:
    """The driver at work."""
    driver = await asyncio.create_subprocess_exec(
        *DRIVER, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert driver.stdin is not None
    try:
        driver.stdin.write(msgspec.json.encode(plan))
        driver.stdin.close()
        yield driver
    finally:
        if driver.returncode is None:
            driver.kill()
        await driver.wait()


async def _follow(
    driver: asyncio.subprocess.Process,
    platform: Platform,
    http: aiohttp.ClientSession,
    watch: Watch,
    watcher: Watcher,
) -> Summary:
    """Read what the driver tells, to its end."""
    assert driver.stdout is not None
    has_offered = False
    async for line in driver.stdout:
        told = msgspec.json.decode(line, type=Progress | Summary)
        if isinstance(told, Summary):
            return told
        if told.is_over and not has_offered:
            has_offered = True
            watch.offered()
        watch.sample()
        watcher(Live(told, await _calls(platform, http)))
    raise RuntimeError(f"the driver ended with {await driver.wait()}")


async def _calls(platform: Platform, http: aiohttp.ClientSession) -> int:
    """Calls that have not ended, wherever the status resource counts most of them."""
    count = 0
    for status in await platform.status(http):
        owners = [*status["accounts"], *status["bvrs"]]
        owners += [
            application
            for owner in status["accounts"]
            for application in owner["applications"]
        ]
        count += max(owner["activeCallCount"] for owner in [status, *owners])
    return count


async def _settled(
    platform: Platform, http: aiohttp.ClientSession, since: float, limit_s: float
) -> int:
    """Wait until all calls have ended and are recorded; how many have not after *limit_s*."""
    deadline = time.monotonic() + limit_s
    while True:
        left = await _calls(platform, http)
        unended = await asyncio.to_thread(open_calls, platform.databases, since)
        is_late = time.monotonic() > deadline
        if is_late or not (left or unended or platform.slots()):
            return left
        await asyncio.sleep(LOOK_S)
