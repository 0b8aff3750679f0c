"""What processes have counted, as one statistics of the platform."""

from dataclasses import dataclass, field
from itertools import count

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.cluster import NodeInfo, facts_of
from engine.cluster.platform_statistics import GONE_KEPT, PAIRS, PlatformStatistics
from engine.telemetry.statistics import CallCounts, Statistics
from tests.engine.cluster.conftest import node
from tests.engine.conftest import Clock

PAIRS_USED = [("a", "x"), ("a", "y"), ("b", "x")]
SCOPES = [(), ("a",), ("b",), *PAIRS_USED]
_boots = count()


@dataclass
class Process:
    """One that counts, and announces what it has counted."""

    statistics: Statistics = field(default_factory=lambda: Statistics(lambda: 0.0))
    boot: str = field(default_factory=lambda: f"boot-{next(_boots)}")
    is_seen: bool = True

    def calls(self, number: int, pair: tuple[str, str] = ("a", "x")) -> None:
        for _ in range(number):
            self.statistics.count_attempt(*pair)
            self.statistics.count_begin(*pair)

    def ends(self, number: int, pair: tuple[str, str] = ("a", "x")) -> None:
        for _ in range(number):
            self.statistics.count_end(*pair)

    def announced(self) -> NodeInfo:
        return node("n", boot=self.boot, facts=facts_of(self.statistics))


class World:
    """Figures that look at processes."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.figures = PlatformStatistics(Statistics(self.clock))

    def look(self, *processes: Process) -> Statistics:
        self.figures.update([process.announced() for process in processes])
        return self.figures.statistics


@pytest.fixture
def world() -> World:
    return World()


def test_what_all_have_counted_is_added_up(world: World) -> None:
    process, other = Process(), Process()
    world.look(process, other)
    process.calls(2)
    other.calls(3, ("a", "y"))
    other.statistics.count_connected("a", "y")

    shown = world.look(process, other)

    assert shown.counts() == CallCounts(attempts=5, connected=1, active=5)
    assert shown.counts("a", "y") == CallCounts(attempts=3, connected=1, active=3)
    assert shown.active_applications() == [("a", "x"), ("a", "y")]
    assert shown.history().attempts_hour == 5


def test_calls_of_a_process_that_is_gone_are_over(world: World) -> None:
    process, other = Process(), Process()
    process.calls(2)
    other.calls(3)
    world.look(process, other)

    shown = world.look(other)

    assert shown.counts("a", "x") == CallCounts(attempts=5, active=3)


def test_a_process_that_is_seen_again_is_counted_once(world: World) -> None:
    process = Process()
    process.calls(2)
    world.look(process)
    world.look()
    process.calls(1)

    assert world.look(process).counts() == CallCounts(attempts=3, active=3)


def test_a_restart_begins_anew(world: World) -> None:
    before, after = Process(), Process()
    before.calls(2)
    world.look(before)
    after.calls(1)

    assert world.look(after).counts() == CallCounts(attempts=3, active=1)


def test_what_was_before_the_first_look_is_in_no_hour(world: World) -> None:
    process = Process()
    process.calls(4)
    process.ends(4)
    world.look(process)
    process.calls(1)

    shown = world.look(process)

    assert shown.counts("a").attempts == 5
    assert shown.history("a").attempts_hour == 1
    assert shown.history("a").high_hour == 1


def test_no_peak_that_never_was(world: World) -> None:
    process = Process()
    process.calls(3, ("a", "x"))
    world.look(process)
    process.ends(3, ("a", "x"))
    process.calls(3, ("a", "y"))
    process.calls(1, ("b", "x"))

    assert world.look(process).history().high_hour == 4


def test_averages_are_over_the_time_between_looks(world: World) -> None:
    process = Process()
    process.calls(4)
    world.look(process)
    world.clock.now += 10
    process.ends(4)
    world.look(process)
    world.clock.now += 10

    assert world.figures.statistics.history().average_day == 2.0


def test_facts_stay_small_and_the_platform_is_whole(world: World) -> None:
    process = Process()
    pairs = [("a" * 36, f"{number:036}") for number in range(PAIRS + 50)]
    world.look(process)
    for pair in pairs:
        process.calls(2, pair)
    process.ends(1, pairs[-1])

    shown = world.look(process)

    assert len(msgspec.json.encode(facts_of(process.statistics))) < 100 * PAIRS
    expected = CallCounts(attempts=2 * len(pairs), active=2 * len(pairs) - 1)
    assert shown.counts() == expected
    assert shown.counts(*pairs[0]).active == 2
    assert shown.counts(*pairs[-1]).active == 0


def test_those_that_have_gone_are_forgotten_the_longest_gone_first(
    world: World,
) -> None:
    gone = [Process() for _ in range(GONE_KEPT + 1)]
    for process in gone:
        process.calls(1)
        world.look(process)
    world.look()

    assert world.look(gone[-1]).counts().attempts == GONE_KEPT + 1
    assert world.look(gone[0]).counts().attempts == GONE_KEPT + 2


STEPS = st.tuples(
    st.sampled_from(
        [
            "count_attempt",
            "count_begin",
            "count_connected",
            "end",
            "restart",
            "go",
            "look",
        ]
    ),
    st.integers(0, 2),
    st.sampled_from(PAIRS_USED),
)


@given(st.lists(STEPS, max_size=60))
def test_figures_are_those_of_all_processes_that_were(
    steps: list[tuple[str, int, tuple[str, str]]],
) -> None:
    world = World()
    seen = [Process(), Process(), Process()]
    over: list[Process] = []
    for what, number, pair in [*steps, ("look", 0, PAIRS_USED[0])]:
        process = seen[number]
        match what:
            case "count_attempt" | "count_begin" | "count_connected":
                getattr(process.statistics, what)(*pair)
            case "end" if process.statistics.counts(*pair).active:
                process.statistics.count_end(*pair)
            case "restart":
                process.is_seen = True  # nobody knows what was counted unseen
                world.look(*(each for each in seen if each.is_seen))
                over.append(process)
                seen[number] = Process()
            case "go":
                world.look(*(each for each in seen if each.is_seen))
                process.is_seen = not process.is_seen
                world.look(*(each for each in seen if each.is_seen))
            case "look":
                for each in seen:
                    each.is_seen = True
                shown = world.look(*seen)
                for scope in SCOPES:
                    assert shown.counts(*scope) == _sum(seen, over, scope)


def _sum(
    seen: list[Process], over: list[Process], scope: tuple[str, ...]
) -> CallCounts:
    """What ``PlatformStatistics`` should show; of processes that are over, what they had counted."""
    total = CallCounts()
    for process in seen:
        total += process.statistics.counts(*scope)
    for process in over:
        counts = process.statistics.counts(*scope)
        total += CallCounts(counts.attempts, counts.connected)
    return total


def test_outcomes_of_all_are_added_up_and_none_twice(world: World) -> None:
    process, other = Process(), Process()
    process.statistics.count_outcome("Call connected", "answered")
    process.statistics.count_outcome("Call failed", "busy", 486)
    world.look(process, other)
    other.statistics.count_outcome("Call failed", "busy", 486)
    process.statistics.count_outcome("Call connected", "answered")
    world.look(process, other)
    world.look(other)  # one is not heard for a moment

    shown = world.look(process, other)

    assert shown.outcomes == {
        ("Call connected", None, "answered"): 2,
        ("Call failed", 486, "busy"): 2,
    }
