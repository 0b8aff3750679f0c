"""The circuit of a proxy: the table of its states, the window, silence and probes."""

from itertools import product

import pytest

from engine.admission.circuit import (
    PROBE_S,
    TRANSITIONS,
    WINDOW_CALLS,
    WINDOW_S,
    Circuit,
    CircuitEvent,
    CircuitState,
    Gate,
    Means,
)

CLOSED, OPEN, HALF_OPEN = CircuitState
OPEN_S = 30.0


def opened(at: float = 100.0, means: Means = Means.CALL) -> Circuit:
    circuit = Circuit(0.0)
    circuit.trip("silence", means, at, at, OPEN_S)
    return circuit


def probing(at: float = 130.0) -> Circuit:
    circuit = opened()
    circuit.begin_probe(at)
    return circuit


@pytest.mark.parametrize(
    ("event", "after"),
    [
        (CircuitEvent.SUCCESS, (CLOSED, CLOSED, CLOSED)),
        (CircuitEvent.TRIP, (OPEN, OPEN, OPEN)),
        (CircuitEvent.PROBE, (CLOSED, HALF_OPEN, HALF_OPEN)),
        (CircuitEvent.PROBE_LOST, (CLOSED, OPEN, OPEN)),
    ],
)
def test_table(
    event: CircuitEvent, after: tuple[CircuitState, CircuitState, CircuitState]
) -> None:
    assert tuple(TRANSITIONS[state, event] for state in CircuitState) == after


def test_every_pair_is_in_the_table() -> None:
    assert set(TRANSITIONS) == set(product(CircuitState, CircuitEvent))


def test_a_new_one_lets_every_call_through() -> None:
    circuit = Circuit(0.0)

    assert (circuit.state, circuit.gate(0.0)) == (CLOSED, Gate.PASS)


def test_silence_opens_at_once_for_the_open_time_and_then_for_a_probe() -> None:
    circuit = opened()

    gates = [circuit.gate(now) for now in (100.0, 129.9, 130.0, 500.0)]

    assert gates == [Gate.STOP, Gate.STOP, Gate.PROBE, Gate.PROBE]
    assert (circuit.state, circuit.since, circuit.why) == (OPEN, 100.0, "silence")


def test_one_probe_at_a_time() -> None:
    circuit = probing()

    assert (circuit.state, circuit.gate(131.0)) == (HALF_OPEN, Gate.STOP)
    assert circuit.gate(130.0 + PROBE_S) is Gate.PROBE  # that one has told nothing


def test_a_probe_that_works_closes() -> None:
    circuit = probing()

    circuit.succeed(Means.CALL, 130.0, 131.0)

    assert (circuit.gate(131.0), circuit.since) == (Gate.PASS, 131.0)


def test_a_probe_that_fails_opens_for_another_time() -> None:
    circuit = probing()

    circuit.fail("503", 130.0, 131.0, OPEN_S)

    assert (circuit.state, circuit.retry_at, circuit.why) == (OPEN, 161.0, "503")
    assert circuit.since == 100.0  # it has not worked since


def test_a_probe_that_tells_nothing_makes_the_next_call_one() -> None:
    circuit = probing()

    circuit.lose_probe(99.0, 131.0)  # a call of before
    assert circuit.gate(131.0) is Gate.STOP
    circuit.lose_probe(130.0, 131.0)

    assert (circuit.state, circuit.gate(131.0)) == (OPEN, Gate.PROBE)


@pytest.mark.parametrize("make", [opened, probing])
def test_what_was_sent_before_it_opened_tells_nothing_new(make) -> None:  # type: ignore[no-untyped-def]
    circuit = make()
    before = circuit.state, circuit.retry_at

    circuit.succeed(Means.CALL, 99.9, 131.0)
    circuit.fail("503", 99.9, 131.0, OPEN_S)
    circuit.trip("silence", Means.CALL, 99.9, 131.0, OPEN_S)

    assert (circuit.state, circuit.retry_at) == before


def test_a_call_without_another_proxy_finds_out_while_it_is_open() -> None:
    works, fails = opened(), opened()

    works.succeed(Means.CALL, 110.0, 111.0)
    fails.trip("silence", Means.CALL, 110.0, 114.0, OPEN_S)

    assert (works.gate(111.0), fails.retry_at) == (Gate.PASS, 144.0)


@pytest.mark.parametrize(
    ("opener", "closer", "gate"),
    [
        (Means.PING, Means.PING, Gate.PASS),
        (Means.PING, Means.CALL, Gate.PASS),
        (Means.CALL, Means.CALL, Gate.PASS),
        (Means.CALL, Means.PING, Gate.STOP),  # OPTIONS is answered, and calls are not
    ],
)
def test_who_closes_what_whom_has_opened(
    opener: Means, closer: Means, gate: Gate
) -> None:
    circuit = opened(means=opener)

    circuit.succeed(closer, 110.0, 111.0)

    assert circuit.gate(111.0) is gate


def outcomes(text: str, gap_s: float = 1.0) -> Circuit:
    """A circuit after calls that have failed (f) or worked (w), *gap_s* apart."""
    circuit = Circuit(0.0)
    for number, outcome in enumerate(text):
        now = number * gap_s
        if outcome == "f":
            circuit.fail("503", now, now, OPEN_S)
        else:
            circuit.succeed(Means.CALL, now, now)
    return circuit


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("ff", CLOSED),
        ("fff", OPEN),
        ("fwff", OPEN),
        ("wwwwwfff", OPEN),  # what worked before the first failure does not count
        ("fwwwwff", CLOSED),
        ("fwwwwfff", OPEN),
        ("fwfwf", OPEN),
        ("fww" * 20, CLOSED),
        ("f" + "w" * WINDOW_CALLS + "f" * 9, CLOSED),
        ("f" + "w" * WINDOW_CALLS + "f" * 10, OPEN),
    ],
)
def test_failures_that_are_told_fast_open_as_a_share_of_the_latest_calls(
    text: str, state: CircuitState
) -> None:
    assert outcomes(text).state is state


def test_old_failures_do_not_count() -> None:
    assert outcomes("ffffff", gap_s=WINDOW_S / 2 + 1).state is CLOSED


def test_a_ping_that_is_answered_is_no_call() -> None:
    circuit = outcomes("fwwwwff")
    assert circuit.state is CLOSED
    for _ in range(20):
        circuit.succeed(Means.PING, 7.0, 7.0)

    circuit.fail("503", 7.0, 7.0, OPEN_S)

    assert circuit.state is OPEN


def test_the_window_is_empty_after_it_was_open() -> None:
    circuit = outcomes("fff")
    circuit.succeed(Means.CALL, 40.0, 40.0)
    circuit.fail("503", 41.0, 41.0, OPEN_S)

    assert circuit.state is CLOSED
