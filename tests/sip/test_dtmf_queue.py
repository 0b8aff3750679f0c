"""One digit after another, never too early, never too many."""

from itertools import pairwise

from sip.dtmf_queue import END_MS, MAX_ON_MS, MAX_WAITING, DtmfQueue, QueuedDigit
from sip.media import Dtmf


def test_one_after_another() -> None:
    queue = DtmfQueue()
    assert queue.enqueue("1b?#", Dtmf.INFO, 100, 50) == 0
    sent = []
    now = 10.0
    while not queue.is_done(now):
        if key := queue.due(now):
            assert queue.due(now) is key
            queue.mark_sent(now)
            sent.append((now, key.digit))
        now += 0.01
    assert [digit for _, digit in sent] == ["1", "B", "#"]
    for (earlier, _), (later, _) in pairwise(sent):
        assert 0 <= later - earlier - (100 + END_MS + 50) / 1000 < 0.02


def test_pause_holds_for_what_is_pressed_later() -> None:
    queue = DtmfQueue()
    queue.enqueue("1", Dtmf.RFC4733, 100, 100)
    queue.mark_sent(10.0)
    queue.enqueue("2", Dtmf.RFC4733, 5000, 100)
    assert queue.due(10.1) is None
    assert queue.due(11.0) == QueuedDigit("2", Dtmf.RFC4733, MAX_ON_MS, 100)


def test_bounded() -> None:
    queue = DtmfQueue()
    assert queue.enqueue("1" * MAX_WAITING + "23", Dtmf.RFC4733, 100, 100) == 2
    queue.mark_sent(10.0)
    assert queue.enqueue("45", Dtmf.RFC4733, 100, 100) == 1
