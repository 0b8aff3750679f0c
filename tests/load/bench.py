"""Measure the paths of the performance budget: python -m tests.load.bench, or make bench.

    [--seconds 60] [--quick] [--only one,latency] [--page docs/benchmarks.md] [--json]

Each path runs on an outring of its own, one after another; then SIPp calls SIPp on the
same machine, so that figures can be compared. Throughput is measured in a closed loop
(as many requests under way as are asked for), latency and overload in an open one.
"""

import argparse
import asyncio
import math
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import psutil
from rich.console import Console
from rich.table import Table

from engine.store import open_store
from tests.load import campaign_store
from tests.load.__main__ import need
from tests.load.callees import callees, calls_in, let_end, start
from tests.load.campaign_rules import measure_outcome_us, measure_reservation_us
from tests.load.command_starts import COMMANDS, ROUNDS, measure_start_ms
from tests.load.growth import describe_growth
from tests.load.hearing import hear
from tests.load.machine import facts
from tests.load.mix import Answer, Mix, NoAnswer, Shares, read_mix
from tests.load.page import replace_table
from tests.load.percentiles import Spread, spread_of
from tests.load.platforms import Platform, Shape, platform_of
from tests.load.processes import Taken, cpu_s, program
from tests.load.report import console_for, show_progress
from tests.load.run import Live, Offer, Report, put, run_load
from tests.load.streams import Plan, stream

SECONDS, QUICK_S = 60.0, 6.0
AT_ONCE = 64
LATENCY_RATE = 300.0
HELD = 500  # calls that ring, and as many that are connected
HELD_RATE = 50.0
DEFAULT_CALLS = 1000  # sip.max_calls where nobody sets it
GROWTH = 0.05  # of memory, that still counts as flat
BEST_SHARE = 0.9  # of the best rate, that overload has to leave
SIPP_AT_ONCE = 512
CONTACTS = 1_000_000
CAMPAIGN_RATES = {"postgresql": 500.0, "sqlite": 100.0}  # attempts a second
DOCUMENT = Path(__file__).parent / "report.ccxml"


class Line(msgspec.Struct, frozen=True):
    """One line of the table."""

    path: str
    what: str
    goal: str
    measured: str
    is_met: bool | None = None  # None: there is no goal


@dataclass(slots=True)
class Bench:
    """A run of it."""

    folder: Path
    seconds: float
    console: Console
    lines: list[Line] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    best: Report | None = None  # of one process

    async def load(self, name: str, shape: Shape, mix: Mix, offer: Offer) -> Report:
        """Run one."""
        self.say(f"{name}: {offer.name}, {shape.name}")
        folder = self.new_folder()
        with show_progress(self.console) as watcher:
            report = await run_load(folder, shape, mix, offer, watcher)
        self.note(name, report)
        return report

    def new_folder(self) -> Path:
        """Make a folder that no other measurement uses."""
        return Path(tempfile.mkdtemp(dir=self.folder))

    def say(self, text: str) -> None:
        """Tell what goes on."""
        self.console.print(text, highlight=False)

    def note(self, name: str, report: Report) -> None:
        """Remember what was not clean."""
        self.remarks += [f"{name}: {wrong}" for wrong in report.wrongs]

    def add(self, *lines: Line) -> None:
        """Add to the table."""
        self.lines += lines


# -- paths ---------------------------------------------------------------------------


async def one_process(bench: Bench) -> None:
    """MakeCall, answered at once, with admission and records."""
    name = "makeCall, one process"
    bench.best = report = await bench.load(name, *best(bench))
    bench.add(*throughput(name, report, 1500.0), cpu(name, report, 0.75))


def best(bench: Bench) -> tuple[Shape, Mix, Offer]:
    """The shape, mix and offer with which one process reaches its best rate."""
    return Shape(), read_mix("answer"), Offer(bench.seconds, at_once=AT_ONCE)


async def two_processes(bench: Bench) -> None:
    """The same with the cores shared by several processes."""
    offer = Offer(bench.seconds, at_once=AT_ONCE)
    for shape in (Shape(apart=2), Shape(nodes=2)):
        name = f"makeCall, {shape.name}"
        report = await bench.load(name, shape, read_mix("answer"), offer)
        bench.add(*throughput(name, report, 2000.0), cpu(name, report))


async def document(bench: Bench) -> None:
    """MakeCall with a CCXML document that runs on the answered call."""
    name = "makeCall with a CCXML document"
    folder = bench.new_folder()
    async with sink(folder) as (port, taken):
        file = folder / "report.ccxml"
        uri = f"http://127.0.0.1:{port}/report"
        file.write_text(DOCUMENT.read_text().replace("SINK", uri))
        offer = Offer(bench.seconds, at_once=AT_ONCE)
        # The document hangs up; so late the platform would.
        mix = Mix(share=Shares(answer=1), answer=Answer(hold_ms=10_000))
        report = await bench.load(name, Shape(document=file), mix, offer)
    bench.add(*throughput(name, report, 700.0), cpu(name, report))
    calls, reports = report.verdict.calls, taken()
    bench.add(at_most(name, "calls without report", calls - reports, 0, ""))


async def latency(bench: Bench) -> None:
    """What is added to the callee's own time."""
    name = f"latency added at {LATENCY_RATE:g} calls/s"
    offer = Offer(bench.seconds, rate=LATENCY_RATE)
    report = await bench.load(name, Shape(), read_mix("answer"), offer)
    summary = report.summary
    bench.add(
        at_most(name, "p50", summary.added.p50, 2.0, " ms", 1),
        at_most(name, "p99", summary.added.p99, 10.0, " ms", 1),
        Line(name, "HTTP in to INVITE out, p50, p99", "", _two(summary.http_to_invite)),
        Line(name, "2xx in to HTTP out, p50, p99", "", _two(summary.ok_to_http)),
        Line(name, "of which the driver was late, p50, p99", "", _two(summary.late)),
        cpu(name, report),
    )


async def held(bench: Bench) -> None:
    """Many calls at once that do nothing."""
    name = f"{HELD} ringing and {HELD} connected, silent"
    offer = Offer(2 * HELD / HELD_RATE, rate=HELD_RATE)
    measured_s = min(bench.seconds, 20.0)
    # The first calls have to be there until the last of them has been measured.
    lasts_ms = math.ceil((offer.seconds + measured_s + 10.0) * 1000)
    mix = Mix(
        share=Shares(answer=1, no_answer=1),
        answer=Answer(hold_ms=lasts_ms),
        no_answer=NoAnswer(ring_timeout_ms=lasts_ms),
    )
    shape = Shape(max_calls=DEFAULT_CALLS)
    folder = bench.new_folder()
    bench.say(f"{name}: for {lasts_ms / 1000:.0f} s")
    async with callees(folder, mix) as far_ends, platform_of(folder, shape) as platform:
        window = Window(platform, offer.seconds + 3.0, offer.seconds + 3.0 + measured_s)
        report = await put(folder, platform, shape, far_ends, mix, offer, window.look)
    bench.note(name, report)
    bench.add(
        at_most(name, "CPU", window.core * 100, 100 / 3, " % of a core", 1),
        at_most(name, "memory", window.memory_mb, 300.0, " MB"),
        Line(name, "ringing, connected", "", f"{window.ringing}, {window.connected}"),
    )


async def hearing(bench: Bench) -> None:
    """Many calls at once that each hear a WAV file."""
    name = f"{HELD} connected, each hears a WAV file"
    measured_s = min(bench.seconds, 20.0)
    bench.say(f"{name}: for {measured_s:.0f} s")
    heard = await hear(bench.new_folder(), HELD, DEFAULT_CALLS, measured_s)
    gaps = heard.gaps_ms
    bench.add(
        at_most(name, "CPU", heard.core * 100, 50.0, " % of a core", 1),
        at_most(name, "gap between RTP packets, p99", gaps.p99, 60.0, " ms", 1),
        Line(
            name,
            "the same, p50, at the most",
            "",
            f"{gaps.p50:.1f}, {gaps.most:.1f} ms",
        ),
        at_most(name, "packets lost", heard.lost, 0, ""),
        at_most(name, "calls that hear nothing", HELD - heard.calls, 0, ""),
        at_most(name, "packets of silence", heard.silent, 0, ""),
        Line(name, "memory", "", f"{heard.memory_mb:.0f} MB"),
    )


async def streams(bench: Bench) -> None:
    """Many calls at once whose sound goes to a server and back."""
    name = f"{HELD} audio streams, both ways"
    measured_s = min(bench.seconds, 20.0)
    bench.say(f"{name}: for {measured_s:.0f} s")
    plan = Plan(HELD, measured_s, DEFAULT_CALLS)
    streamed = await stream(bench.new_folder(), plan)
    frames, first, last = streamed.frames, streamed.first, streamed.last
    late = 100 * frames["late"] / max(frames["from_server"], 1)
    bench.add(
        at_most(name, "CPU", last.core * 100, 100.0, " % of a core", 1),
        at_most(name, "frames dropped", frames["dropped"], 0, ""),
        Line(name, "frames that came late", "", f"{late:.2f} %"),
        Line(name, "RTP to RTP by the server, p50, p99", "", _two(streamed.echo_ms)),
        Line(name, "memory", "", f"{last.rss_mb:.0f} MB"),
        Line(name, "growth", "", describe_growth(first, last)),
    )


async def idle(bench: Bench) -> None:
    """Nothing at all."""
    measured_s = min(bench.seconds, 20.0)
    bench.say(f"idle: for {measured_s:.0f} s")
    async with platform_of(
        bench.new_folder(), Shape(max_calls=DEFAULT_CALLS)
    ) as platform:
        (process,) = platform.processes["outring"]
        before = cpu_s(process)
        await asyncio.sleep(measured_s)  # this is what is measured
        share = (cpu_s(process) - before) / measured_s
        memory_mb = process.memory_info().rss / 1e6
    bench.add(
        at_most("idle", "CPU", share * 100, 2.0, " % of a core", 1),
        at_most("idle", "memory", memory_mb, 120.0, " MB"),
    )


async def overload(bench: Bench) -> None:
    """Twice as much as it can, which is measured right before and right behind it."""
    if bench.best is None:
        await one_process(bench)
    assert bench.best is not None
    before = bench.best.achieved_rate
    name = "overload, twice the best rate"
    offer = Offer(bench.seconds, rate=2 * before, outstanding=4000)
    bench.say(f"{name}: {offer.name}")
    folder = bench.new_folder()
    with show_progress(bench.console) as watcher:
        report = await run_load(folder, Shape(), read_mix("answer"), offer, watcher)
    behind = (await bench.load("the best rate once more", *best(bench))).achieved_rate
    summary = report.summary
    results = summary.results["answer"]
    others = {
        result: count for result, count in results.items() if result != "Call connected"
    }
    told = ", ".join(f"{count} {result}" for result, count in others.items())
    late = f"{summary.whole.p50 / 1000:.2f}, {summary.whole.p99 / 1000:.2f} s"
    bench.add(
        at_least(
            name,
            "calls answered in time",
            report.achieved_rate,
            BEST_SHARE * (before + behind) / 2,
            "/s",
        ),
        Line(
            name, "the best rate, before, behind", "", f"{before:.0f}, {behind:.0f}/s"
        ),
        Line(name, "offered", "", f"{summary.offered / summary.seconds:.0f}/s"),
        Line(name, "not sent (too many outstanding)", "", str(summary.not_offered)),
        Line(name, "refused, by result", "", told or "none"),
        Line(name, "whole request, answered, p50, p99", "", late),
        *memory(name, report),
        lost(name, report),
    )


async def sipp(bench: Bench) -> None:
    """SIPp calling SIPp, on the same machine and with calls of the same shape."""
    name = "SIPp calling SIPp"
    bench.say(
        f"{name}: {SIPP_AT_ONCE} calls at once for {min(bench.seconds, 20.0):.0f} s"
    )
    folder = bench.new_folder()
    callee = await start(folder / "callee", "answer", ring_ms=0)
    try:
        rate, caller_ms, callee_ms = await _sipp_calls(
            folder, callee.port, callee.process.pid, min(bench.seconds, 20.0)
        )
    finally:
        await callee.end()
    bench.add(
        Line(name, "calls/s", "", f"{rate:.0f}/s"),
        Line(
            name,
            "CPU of a call: caller, callee",
            "",
            f"{caller_ms:.3f}, {callee_ms:.3f} ms",
        ),
    )
    if bench.best is not None:
        ours = bench.best
        times = ours.dialer_cpu_ms / max(caller_ms, 1e-6)
        share = ours.achieved_rate / max(rate, 1e-6)
        bench.add(
            Line(name, "outring to SIPp: calls/s", "", f"{share:.2f}"),
            Line(name, "outring to SIPp: CPU of a call", "", f"{times:.1f}"),
        )


async def _sipp_calls(
    folder: Path, port: int, callee: int, seconds: float
) -> tuple[float, float, float]:
    """Calls a second, and milliseconds of CPU of one: of the caller, of the callee."""
    options = (
        f"-sn uac -i 127.0.0.1 -mi 127.0.0.1 -d 0 -r 20000 -l {SIPP_AT_ONCE}"
        f" -timeout {math.ceil(seconds) + 60} -watchdog_interval 0 -nostdin"
        f" -trace_stat -stf {folder / 'stat.csv'} -fd 1 127.0.0.1:{port}"
    )
    async with program("sipp", *options.split(), log=folder / "log") as caller:
        both = (psutil.Process(caller.pid), psutil.Process(callee))
        began, before = time.monotonic(), [cpu_s(process) for process in both]
        await asyncio.sleep(seconds)  # this is what is measured
        passed_s = time.monotonic() - began
        spent = [
            cpu_s(process) - start for process, start in zip(both, before, strict=True)
        ]
        await let_end(caller)
    calls = calls_in(folder / "stat.csv")
    caller_ms, callee_ms = (cpu * 1000 / max(calls, 1) for cpu in spent)
    return calls / passed_s, caller_ms, callee_ms


async def commands(bench: Bench) -> None:
    """Commands that only start, while somebody waits at a prompt."""
    name = "the command line"
    bench.say(f"{name}: {ROUNDS} times each")
    for what, words in COMMANDS.items():
        start_ms = await asyncio.to_thread(measure_start_ms, words)
        bench.add(at_most(name, what, start_ms, 300.0, " ms"))


async def campaign_rules(bench: Bench) -> None:
    """What campaigns decide on, without a database: pure rules on one core."""
    name = "rules of campaigns"
    bench.say(f"{name}: decisions on contacts")
    measured = {
        "contact that is due, with its attempt": measure_reservation_us,
        "contact whose attempt has ended": measure_outcome_us,
    }
    for what, measure_us in measured.items():
        cost_us = await asyncio.to_thread(measure_us)
        bench.add(Line(name, f"CPU for a {what}", "", f"{cost_us:.0f} us"))


async def campaigns(bench: Bench) -> None:
    """Contacts into the database, and attempts on them, without their calls."""
    number = CONTACTS if bench.seconds >= SECONDS else CONTACTS // 20
    for kind, rate in CAMPAIGN_RATES.items():
        name = f"a campaign on {kind}"
        bench.say(f"{name}: {number} contacts, {rate:.0f} attempts/s")
        with campaign_store.database(kind) as url:
            store = await open_store(url)
            await campaign_store.begin(store)
            await campaign_store.put_suppressions(store)
            taken_s = await campaign_store.import_all(store, 0, number)
            load = campaign_store.Load(store, rate, batch=10)
            await load.run(bench.seconds)
            await store.aclose()
        bench.add(
            at_least(name, "contacts imported", number / taken_s, CONTACTS / 60, "/s"),
            at_least(
                name,
                "contacts decided on",
                (load.reserved + load.suppressed) / bench.seconds,
                rate,
                "/s",
            ),
            *reservation_lines(name, load.reservations_s, has_goal=kind != "sqlite"),
        )


def reservation_lines(
    path: str, taken_s: Iterable[float], *, has_goal: bool
) -> list[Line]:
    """How long reservations took; SQLite lets them wait for whatever else is written."""
    spread = spread_of(1000 * taken for taken in taken_s)
    what, p99 = "a reservation of ten", f"{spread.p99:.1f} ms"
    return [
        at_most(path, f"{what}, p99", spread.p99, 10.0, " ms", 1)
        if has_goal
        else Line(path, f"{what}, p99", "", p99),
        Line(path, "the same, p50", "", f"{spread.p50:.1f} ms"),
    ]


PATHS: dict[str, Callable[[Bench], Coroutine[None, None, None]]] = {
    "one": one_process,
    "overload": overload,  # right behind what it is compared with: machines change their pace
    "two": two_processes,
    "document": document,
    "latency": latency,
    "held": held,
    "hearing": hearing,
    "streams": streams,
    "idle": idle,
    "commands": commands,
    "rules": campaign_rules,
    "campaigns": campaigns,
    "sipp": sipp,
}


# -- lines ---------------------------------------------------------------------------


def at_least(path: str, what: str, figure: float, goal: float, unit: str) -> Line:
    """A figure that should reach *goal*."""
    wanted = f"at least {goal:.0f}{unit}"
    return Line(path, what, wanted, f"{figure:.0f}{unit}", figure >= goal)


def at_most(
    path: str, what: str, figure: float, goal: float, unit: str, digits: int = 0
) -> Line:
    """A figure that should stay below *goal*, or at it."""
    wanted = f"at most {goal:.{digits}f}{unit}"
    return Line(path, what, wanted, f"{figure:.{digits}f}{unit}", figure <= goal)


def throughput(path: str, report: Report, goal: float) -> list[Line]:
    """Rate, memory and what got lost."""
    whole = report.summary.whole
    spread = f"{whole.p50:.0f}, {whole.p95:.0f}, {whole.p99:.0f} ms"
    return [
        at_least(path, f"calls/s, {report.offer}", report.achieved_rate, goal, "/s"),
        Line(path, "whole request, p50, p95, p99", "", spread),
        *memory(path, report),
        lost(path, report),
    ]


def cpu(path: str, report: Report, goal: float | None = None) -> Line:
    """CPU time of a call, of all that is ours, with its parts if there are several."""
    ours = report.dialer
    parts = ", ".join(f"{group.name} {report.cpu_ms(group.name):.2f}" for group in ours)
    figure = f"{report.dialer_cpu_ms:.2f} ms" + (f" ({parts})" if len(ours) > 1 else "")
    if goal is None:
        return Line(path, "CPU of a call", "", figure)
    is_met = report.dialer_cpu_ms <= goal
    return Line(path, "CPU of a call", f"at most {goal:.2f} ms", figure, is_met)


def memory(path: str, report: Report) -> list[Line]:
    """Memory of every group of processes of the dialer, a line for each."""
    return [memory_line(path, group) for group in report.dialer]


def memory_line(path: str, group: Taken) -> Line:
    """Whether the memory of a group of processes is flat once it should be."""
    what = f"memory of {group.name}: after {group.steady_s:.0f} s, at the most"
    if group.steady_mb is None:
        return Line(path, what, "", f"{group.most_mb:.0f} MB; too short to say more")
    is_flat = group.most_mb <= group.steady_mb * (1 + GROWTH)
    figure = f"{group.steady_mb:.0f}, {group.most_mb:.0f} MB"
    return Line(path, what, f"flat (within {GROWTH * 100:.0f} %)", figure, is_flat)


def lost(path: str, report: Report) -> Line:
    """How many calls have no terminal event or no record, of which there may be none."""
    verdict = report.verdict
    return at_most(
        path, "terminal events lost", verdict.unended + verdict.missing, 0, ""
    )


def _two(spread: Spread) -> str:
    return f"{spread.p50:.1f}, {spread.p99:.1f} ms"


class Window:
    """CPU and memory of outring between two moments of a load, and its calls meanwhile."""

    def __init__(self, platform: Platform, begins_s: float, ends_s: float) -> None:
        (self._process,) = platform.processes["outring"]
        self._begins_s, self._ends_s = begins_s, ends_s
        self._first: tuple[float, float] | None = None  # seconds, CPU seconds
        self.core = self.memory_mb = math.nan
        self.ringing = self.connected = 0

    def look(self, live: Live) -> None:
        """Note what outring has used, if *live* is within the window; for each second."""
        passed_s = live.progress.passed_s
        if not self._begins_s <= passed_s <= self._ends_s:
            return
        now = (passed_s, cpu_s(self._process))
        if self._first is None:
            self._first = now
            return
        self.core = (now[1] - self._first[1]) / (now[0] - self._first[0])
        self.memory_mb = self._process.memory_info().rss / 1e6
        self.ringing, self.connected = live.progress.outstanding, live.connected


@asynccontextmanager
async def sink(folder: Path) -> AsyncIterator[tuple[int, Callable[[], int]]]:
    """A process that takes reports: its port, and afterwards how many came."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.load.sink"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    taken = 0
    try:
        yield int(await process.stdout.readline()), lambda: taken
        told, _ = await process.communicate(b"")
        taken = int(told)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


# -- the table -----------------------------------------------------------------------


def table_of(lines: list[Line]) -> Table:
    """For a terminal."""
    table = Table(title="Paths of the performance budget", title_justify="left")
    for column in ("path", "what", "goal", "measured", ""):
        table.add_column(column)
    path = ""
    for line in lines:
        shown_path = "" if line.path == path else line.path
        path = line.path
        table.add_row(shown_path, line.what, line.goal, line.measured, verdict(line))
    return table


def verdict(line: Line) -> str:
    """In a word."""
    return "" if line.is_met is None else "met" if line.is_met else "missed"


async def measure(bench: Bench, names: list[str]) -> None:
    """Run the paths of *names*."""
    for name in names:
        await PATHS[name](bench)


def main() -> None:
    """Read the command line, measure, and write it down."""
    parser = argparse.ArgumentParser(
        prog="tests.load.bench",
        description="Measure the paths of the performance budget.",
    )
    parser.add_argument(
        "--seconds", type=float, default=SECONDS, help="of each path (60)"
    )
    parser.add_argument(
        "--quick", action="store_true", help=f"{QUICK_S:.0f} s of each path"
    )
    parser.add_argument(
        "--only", default=",".join(PATHS), help="some of " + ", ".join(PATHS)
    )
    parser.add_argument("--page", type=Path, help="page to write the table into")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    names = chosen.only.split(",")
    if unknown := [name for name in names if name not in PATHS]:
        parser.error(f"--only knows no {', '.join(unknown)}")
    if not 2 <= chosen.seconds <= 600:
        parser.error("--seconds is 2 to 600")
    need("sipp", "redis-server")
    if chosen.page:
        try:
            replace_table(chosen.page.read_text(), {}, (), ())  # before all is measured
        except (OSError, ValueError) as error:
            parser.error(f"--page {chosen.page}: {error}")
    console = console_for(prints_json=chosen.json)
    with tempfile.TemporaryDirectory() as folder:
        seconds = QUICK_S if chosen.quick else chosen.seconds
        bench = Bench(Path(folder), seconds, console)
        asyncio.run(measure(bench, names))
    where = {
        **facts(),
        "command": " ".join(["python -m tests.load.bench", *sys.argv[1:]]),
    }
    if chosen.json:
        result = {"machine": where, "lines": bench.lines, "remarks": bench.remarks}
        sys.stdout.buffer.write(msgspec.json.encode(result) + b"\n")
    else:
        console.print(table_of(bench.lines))
        for remark in bench.remarks:
            bench.say(remark)
    if chosen.page:
        rows = [
            (line.path, line.what, line.goal, line.measured, verdict(line))
            for line in bench.lines
        ]
        chosen.page.write_text(
            replace_table(chosen.page.read_text(), where, rows, bench.remarks)
        )


if __name__ == "__main__":
    main()
