"""What a CCXML session costs: processor time and memory, measured on this machine.

    python -m tests.load.ccxml_sessions [--sessions N] [--json]

Each figure is of one thread and of processor time, so others on the machine disturb
it little; the median of several rounds is shown. Memory is the resident set of a
process of its own for each trial, because freed memory is kept for later use.

Two documents are played, alike but for one expression: in "plain" nothing is computed,
so that no ECMAScript engine is needed; "computed" puts two texts together at its start.
"""

import argparse
import ctypes
import gc
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from ccxml import Document, parse
from ccxml.events import Event
from ccxml.session import Session, SessionInfo

ROUNDS = 9
PER_ROUND = 100
STEPS = 200
SESSIONS_AT_MOST = 5000
LONGEST_S = 120  # of one trial

NAMESPACE = "http://www.w3.org/2002/09/ccxml"
UNUSED = "".join(
    f'<transition event="other.n{n}" cond="count == {n}">'
    f"""<assign name="note" expr="'n{n} ' + event$.reason"/>"""
    '<log expr="note"/></transition>'
    for n in range(25)
)
PLAIN = "session.values.customer"
COMPUTED = "'customer ' + session.values.customer"
DOCUMENT = f"""
<ccxml version="1.0" xmlns="{NAMESPACE}">
  <var name="count" expr="0"/>
  <var name="note" expr="''"/>
  <var name="line" expr="''"/>
  <var name="phase" expr="'init'"/>
  <eventprocessor statevariable="phase">
    <transition event="ccxml.loaded">
      <assign name="note" expr="FIRST"/>
    </transition>
    <transition event="tick" cond="count &gt;= 0">
      <assign name="count" expr="count + 1"/>
    </transition>
    {UNUSED}
    <transition event="connection.connected">
      <assign name="line" expr="event$.connectionid"/>
      <send target="'http://report.example/done'" targettype="'basichttp'"
            name="'report'" namelist="note count"/>
    </transition>
    <transition event="send.successful">
      <disconnect connectionid="line"/>
    </transition>
    <transition event="connection.disconnected"><exit/></transition>
  </eventprocessor>
</ccxml>
"""
INFO = SessionInfo(id="s-1", values={"customer": "c-17", "tries": 3})


def document(first: str) -> Document:
    """A document of 30 transitions, of which a small call takes four.

    *first* is the expression that is evaluated when it is loaded.
    """
    parsed = parse(DOCUMENT.replace("FIRST", first), uri="http://here.example/load")
    assert len(parsed.event_processor.transitions) == 30
    return parsed


def about(name: str, state: str) -> Event:
    """An event about the one connection of a session."""
    fields = {"connectionid": "c-1", "connection": {"state": state}}
    return Event(name, fields, "c-1", "connection")


CONNECTED = about("connection.connected", "CONNECTED")
DISCONNECTED = about("connection.disconnected", "DISCONNECTED")
SENT = Event("send.successful", {"sendid": "s-1-e1"})
TICK = Event("tick")


def started(of: Document) -> Session:
    """A session that has taken ccxml.loaded."""
    session = Session(of, INFO)
    session.start(0.0)
    return session


def small_call(of: Document) -> None:
    """Start, connected, report sent, disconnect, exit; and the memory given back."""
    session = started(of)
    commands = [
        *session.receive(CONNECTED, 1.0),
        *session.receive(SENT, 2.0),
        *session.receive(DISCONNECTED, 3.0),
    ]
    asked = [type(command).__name__ for command in commands]
    assert asked == ["Delivery", "DropConnection", "Exited"], commands
    session.close()


# -- processor time ------------------------------------------------------------------


def cpu_us(act: Callable[[], object]) -> float:
    """Microseconds of this process for *act*."""
    began = time.process_time_ns()
    act()
    return (time.process_time_ns() - began) / 1000


def per_act_us(act: Callable[[], object], times: int) -> float:
    """The median over the rounds of what one of *times* acts takes."""

    def round_of_acts() -> None:
        for _ in range(times):
            act()

    return statistics.median(cpu_us(round_of_acts) / times for _ in range(ROUNDS))


def start_and_close(of: Document) -> None:
    """A session that takes nothing but ccxml.loaded."""
    started(of).close()


def one_step(of: Document) -> float:
    """One event with a condition and an assignment, in a session that is warm."""
    session = started(of)
    session.receive(TICK, 0.0)
    taken = per_act_us(lambda: session.receive(TICK, 0.0), STEPS)
    session.close()
    return taken


# -- memory --------------------------------------------------------------------------


def rss_bytes() -> int:
    """What this process holds, after all that is garbage has been given back."""
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)
    return psutil.Process().memory_info().rss


def trial_live(of: Document, count: int) -> list[float]:
    """Bytes of each of *count* sessions that are open at the same time."""
    small_call(of)
    before = rss_bytes()
    sessions = [started(of) for _ in range(count)]
    each = (rss_bytes() - before) / count
    for session in sessions:
        session.close()
    return [each]


def trial_ended(of: Document, count: int) -> list[float]:
    """Bytes of the process after a tenth, a fifth and all of *count* small calls."""
    marks = (count // 10, count // 5, count)
    seen: list[float] = []
    for done in range(1, count + 1):
        small_call(of)
        if done in marks:
            seen.append(rss_bytes())
    return seen


TRIALS = {"live": trial_live, "ended": trial_ended}


def alone(trial: str, first: str, count: int) -> list[float]:
    """Run a trial in a process of its own."""
    trial_of = ["--sessions", str(count), "--trial", trial, first]
    done = subprocess.run(
        [sys.executable, "-m", "tests.load.ccxml_sessions", *trial_of],
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=True,
    )
    return [float(number) for number in json.loads(done.stdout)]


# -- the table -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    what: str
    value: float
    unit: str
    how: str


def figures_of(kind: str, first: str, sessions: int) -> list[Figure]:
    """What is measured with a document that begins with *first*."""
    of = document(first)
    median = f"CPU, median of {ROUNDS} rounds of {PER_ROUND}"
    cold = cpu_us(lambda: start_and_close(of))
    warm = per_act_us(lambda: start_and_close(of), PER_ROUND)
    call = per_act_us(lambda: small_call(of), PER_ROUND)
    (live,) = alone("live", first, sessions)
    tenth, _, whole = alone("ended", first, 5 * sessions)
    return [
        Figure(f"{kind}, first start", cold, "µs", "CPU, once, loaded and closed"),
        Figure(f"{kind}, start", warm, "µs", f"{median}, loaded and closed"),
        Figure(f"{kind}, call", call, "µs", f"{median}, start, three events, exit, closed"),
        Figure(f"{kind}, live session", live / 1e3, "kB", f"resident set, {sessions} at once"),
        Figure(f"{kind}, {sessions // 2} calls", tenth / 1e6, "MB", "resident set of the process after them"),
        Figure(f"{kind}, {5 * sessions} calls", whole / 1e6, "MB", "the same process"),
    ]  # fmt: skip


def figures(sessions: int) -> list[Figure]:
    """Everything that is measured."""
    how = f"CPU, median of {ROUNDS} rounds of {STEPS}, a condition and an assignment"
    return [
        *figures_of("plain", PLAIN, sessions),
        *figures_of("computed", COMPUTED, sessions),
        Figure("event step", one_step(document(COMPUTED)), "µs", how),
    ]


def machine() -> str:
    """Where the figures are from."""
    model = platform.processor() or platform.machine()
    for line in _lines("/proc/cpuinfo"):
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}"


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text("utf-8").splitlines()
    except OSError:
        return []


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description="What a CCXML session costs.")
    arguments.add_argument("--sessions", type=int, default=2000, metavar="N")
    arguments.add_argument("--json", action="store_true", help="print JSON")
    arguments.add_argument("--trial", nargs=2, help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.trial:
        trial, first = chosen.trial
        print(json.dumps(TRIALS[trial](document(first), chosen.sessions)))
        return
    if not 10 <= chosen.sessions <= SESSIONS_AT_MOST:
        arguments.error(f"--sessions is 10 to {SESSIONS_AT_MOST}")
    found = figures(chosen.sessions)
    if chosen.json:
        lines = [asdict(figure) for figure in found]
        print(json.dumps({"machine": machine(), "figures": lines}))
        return
    print(machine())
    for figure in found:
        print(f"{figure.what:<24} {figure.value:9.1f} {figure.unit}  {figure.how}")


if __name__ == "__main__":
    main()
