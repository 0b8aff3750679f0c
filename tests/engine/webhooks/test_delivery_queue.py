"""What is delivered next: in order for each call, again after a pause, and not for ever."""

from collections.abc import Iterator

from engine.model.delivery import Delivery, DeliveryState
from engine.model.event_entry import EventEntry
from engine.webhooks.delivery_queue import (
    RETRIES_AT_ONCE,
    WAITING_LIMIT,
    WINDOW,
    DeliveryQueue,
)
from engine.webhooks.retry_policy import GIVE_UP_S

from .entries import entry

NOW = 1000.0


def taken(queue: DeliveryQueue, now: float = NOW) -> list[int]:
    """Positions of all that goes at once."""
    return [each.position for each in _take_all(queue, now)]


def _take_all(queue: DeliveryQueue, now: float) -> Iterator[EventEntry]:
    while (each := queue.take(now)) is not None:
        yield each


def refuse(queue: DeliveryQueue, each: EventEntry, now: float = NOW) -> bool:
    return queue.on_refused(each, now, 5.0, status=500, error="It answers 500.")


def test_what_has_waited_from_before_is_not_taken_twice_from_the_log() -> None:
    first, second, other = entry(2), entry(3, seq=2), entry(1, "b")
    queue = DeliveryQueue(0, [(Delivery(2), first), (Delivery(3), second)])
    queue.add([other, first, second, entry(4, seq=3)], 4)

    assert taken(queue) == [2, 1]
    for each, after in ((first, [3]), (other, []), (second, [4])):
        queue.on_taken(each, NOW)
        assert taken(queue) == after
    assert len(queue) == 1


def test_calls_go_side_by_side_and_their_events_in_order() -> None:
    queue = DeliveryQueue(0)
    first, second = entry(1), entry(2, seq=2)
    queue.add([first, second, entry(3, "b")], 3)

    assert taken(queue) == [1, 3]
    assert queue.position == 0
    queue.on_taken(first, NOW)
    assert taken(queue) == [2]
    queue.on_taken(second, NOW)
    assert queue.position == 2


def test_the_place_moves_behind_what_is_no_matter_of_the_end_point() -> None:
    queue = DeliveryQueue(4)
    assert queue.is_stored

    queue.add([], 9)

    assert (queue.position, queue.read_to, queue.is_stored) == (9, 9, False)
    assert queue.take_progress() == (9, (), ())
    assert queue.is_stored


def test_what_was_refused_goes_again_after_its_pause() -> None:
    queue = DeliveryQueue(0)
    queue.add([entry(1)], 1)
    (position,) = taken(queue)

    assert not refuse(queue, entry(position))

    assert queue.next_due() == NOW + 5
    assert taken(queue, NOW + 4.9) == []
    assert taken(queue, NOW + 5) == [1]


def test_what_was_refused_has_a_row_and_so_has_what_stands_behind_it() -> None:
    queue = DeliveryQueue(0)
    queue.add([entry(1), entry(2, seq=2), entry(3, "b")], 3)
    taken(queue)
    refuse(queue, entry(1))
    queue.add([entry(4, seq=3)], 4)

    progress = queue.take_progress()

    rows = [(each.position, each.tries) for each in progress.changed]
    assert (rows, progress.position) == ([(1, 1), (2, 0), (4, 0)], 2)
    first = Delivery(1, DeliveryState.WAITING, 1, NOW, NOW + 5, 500, "It answers 500.")
    assert progress.changed[0] == first
    queue.on_taken(entry(3, "b"), NOW)
    assert queue.take_progress().position == 4


def test_the_order_stands_over_retries() -> None:
    queue = DeliveryQueue(0)
    queue.add([entry(1), entry(2, seq=2)], 2)
    taken(queue)
    refuse(queue, entry(1))

    assert taken(queue, NOW + 5) == [1]
    queue.on_taken(entry(1), NOW + 5)
    assert taken(queue, NOW + 5) == [2]


def test_what_was_taken_at_last_loses_its_row() -> None:
    queue = DeliveryQueue(0)
    queue.add([entry(1)], 1)
    taken(queue)
    refuse(queue, entry(1))
    queue.take_progress()

    taken(queue, NOW + 5)
    queue.on_taken(entry(1), NOW + 5)

    assert queue.take_progress() == (1, (), (1,))
    assert len(queue) == 0


def test_after_a_day_it_is_given_up_and_the_next_of_its_call_goes() -> None:
    first = Delivery(1, DeliveryState.WAITING, 9, NOW - GIVE_UP_S, 0.0, 500, "")
    queue = DeliveryQueue(2, [(first, entry(1)), (Delivery(2), entry(2, seq=2))])
    assert taken(queue) == [1]

    assert refuse(queue, entry(1))

    (failed,) = queue.take_progress().changed
    assert (failed.state, failed.tries) == (DeliveryState.FAILED, 10)
    assert taken(queue) == [2]


def test_a_success_after_an_outage_makes_all_due() -> None:
    queue = DeliveryQueue(0)
    queue.add([entry(1), entry(2, "b"), entry(3, "c")], 3)
    taken(queue)
    for each in (entry(1), entry(2, "b")):
        queue.on_refused(each, NOW, 3600.0, status=None, error="")

    queue.on_taken(entry(3, "c"), NOW + 5)

    assert taken(queue, NOW + 5) == [1, 2]


def test_a_success_soon_after_a_failure_hastens_nothing() -> None:
    queue = DeliveryQueue(0)
    queue.add([entry(1), entry(2, "b")], 2)
    taken(queue)
    refuse(queue, entry(1))

    queue.on_taken(entry(2, "b"), NOW + 1)

    assert taken(queue, NOW + 1) == []


def test_retries_leave_room_for_what_is_new() -> None:
    rows = [(Delivery(at), entry(at, f"c{at}")) for at in range(1, 100)]
    queue = DeliveryQueue(99, rows)
    queue.add([entry(100, "new")], 100)

    positions = taken(queue)

    assert len(positions) == RETRIES_AT_ONCE + 1
    assert 100 in positions


def test_the_log_is_read_no_further_than_the_window() -> None:
    queue = DeliveryQueue(0)
    queue.add((entry(at, f"c{at}") for at in range(1, WINDOW + 1)), WINDOW)

    assert not queue.has_room
    queue.on_taken(entry(1, "c1"), NOW)
    assert queue.has_room


def test_the_log_is_not_read_while_too_many_wait() -> None:
    rows = [(Delivery(at), entry(at, f"c{at}")) for at in range(WAITING_LIMIT)]

    assert not DeliveryQueue(WAITING_LIMIT, rows).has_room


def test_progress_that_could_not_be_stored_is_stored_later() -> None:
    queue = DeliveryQueue(0)
    queue.add([entry(1), entry(2, "b")], 2)
    taken(queue)
    refuse(queue, entry(1))
    refuse(queue, entry(2, "b"))
    progress = queue.take_progress()
    taken(queue, NOW + 5)
    queue.on_taken(entry(1), NOW + 5)

    queue.put_back(progress)

    assert not queue.is_stored
    again = queue.take_progress()
    assert [each.position for each in again.changed] == [2]
    assert again.taken == (1,)


def test_the_oldest_is_told() -> None:
    queue = DeliveryQueue(0)
    assert queue.oldest_at is None

    queue.add([entry(7), entry(8, "b")], 8)

    assert queue.oldest_at == 7.0
