"""What is read once a second, and the rates and outcomes that are made of it."""

from collections import Counter

import pytest

from engine.monitoring.samples import SECONDS, Point, Rates, Samples
from engine.telemetry.statistics import Statistics
from tests.engine.conftest import Clock

PAIR = ("acme", "hello")


class World:
    """Statistics, and samples of them each second."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.statistics = Statistics(self.clock)
        self.statistics.count_attempt(*PAIR)
        self.statistics.count_outcome(
            "Call connected", "answered"
        )  # before anybody looked
        self.samples = Samples(self.statistics, self.clock)

    def seconds(self, number: int, attempts: int = 0, answers: int = 0) -> None:
        """Let time go by, with so much in each second."""
        for _ in range(number):
            for _ in range(attempts):
                self.statistics.count_attempt(*PAIR)
            for _ in range(answers):
                self.statistics.count_connected(*PAIR)
                self.statistics.count_outcome("Call connected", "answered")
            for _ in range(attempts - answers):
                self.statistics.count_outcome("Call failed", "busy", 486)
            self.clock.now += 1
            self.samples.take()


@pytest.fixture
def world() -> World:
    return World()


def test_rates_of_a_second_and_of_a_minute(world: World) -> None:
    world.seconds(30, attempts=4, answers=2)
    world.seconds(30, attempts=2)

    assert world.samples.last_second() == Rates(2.0, 0.0)
    assert world.samples.last_minute() == Rates(3.0, 1.0)


def test_a_short_life_is_no_minute(world: World) -> None:
    assert world.samples.last_minute() == Rates(0.0, 0.0)
    world.seconds(2, attempts=4)

    assert world.samples.last_minute() == Rates(4.0, 0.0)


def test_a_late_sample_is_of_a_longer_time(world: World) -> None:
    world.seconds(1)
    for _ in range(5):
        world.statistics.count_attempt(*PAIR)
    world.clock.now += 2.5
    world.samples.take()

    assert world.samples.last_second() == Rates(2.0, 0.0)


def test_five_minutes_of_points_the_oldest_first(world: World) -> None:
    world.seconds(10, attempts=9)
    world.statistics.count_begin(*PAIR)
    world.seconds(SECONDS - 1, attempts=1)
    world.statistics.count_end(*PAIR)
    world.seconds(1, attempts=3, answers=3)

    points = world.samples.points()

    assert len(points) == SECONDS
    assert points[0] == Point(1, Rates(1.0, 0.0))
    assert points[-1] == Point(0, Rates(3.0, 3.0))


def test_outcomes_of_a_minute_and_of_an_hour(world: World) -> None:
    world.seconds(1, attempts=3, answers=1)
    world.seconds(59)
    assert world.samples.outcomes_of_minute() == Counter(
        {("Call connected", None, "answered"): 1, ("Call failed", 486, "busy"): 2}
    )

    world.seconds(1)
    assert world.samples.outcomes_of_minute() == Counter()
    world.seconds(59 * 60 - 2)
    assert world.samples.outcomes_of_hour()[("Call failed", 486, "busy")] == 2
    world.seconds(60)
    assert world.samples.outcomes_of_hour() == Counter()


def test_a_quiet_night_keeps_one_count(world: World) -> None:
    world.seconds(1, attempts=1)
    world.seconds(100)

    assert len({id(second.outcomes) for second in world.samples._seconds}) == 2
