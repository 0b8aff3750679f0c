"""Which events a simulation posts, and what is to be understood of them."""

from random import Random

from engine.model.event_entry import EventEntry
from engine.webhooks.sample import sample_events
from engine.webhooks.simulation import Faults, PostKind, plan_posts, understand

CALLS = [[*sample_events(str(number), 1000.0)] for number in range(50)]


def entries_of(faults: Faults, seed: int = 1) -> list[EventEntry]:
    return [post.entry for post in plan_posts(CALLS, faults, Random(seed))]


def test_without_faults_all_calls_come_in_order_and_mixed() -> None:
    posts = plan_posts(CALLS, Faults(), Random(1))

    for call in CALLS:
        name = call[0].subject.call
        assert [post.entry for post in posts if post.entry.subject.call == name] == call
    assert [post.entry for post in posts] != [entry for call in CALLS for entry in call]
    assert {post.kind for post in posts} == {PostKind.FIRST}


def test_the_same_seed_is_the_same_simulation() -> None:
    faults = Faults(0.3, 0.3, 0.3)

    assert entries_of(faults) == entries_of(faults)
    assert entries_of(faults) != entries_of(faults, seed=2)


def test_doubles_and_late_ones_change_nothing_of_what_is_understood() -> None:
    faults = Faults(double=0.5, late=0.3)
    posts = plan_posts(CALLS, faults, Random(1))

    assert {post.kind for post in posts} == set(PostKind)
    assert len(posts) > 7 * len(CALLS)
    for call in understand(post.entry for post in posts):
        assert (call.events, call.missing, call.disposition) == (7, [], "answered")


def test_what_is_lost_is_missing() -> None:
    known = understand(entries_of(Faults(lost=0.3)))

    assert sum(len(call.missing) for call in known) > 50
    assert {call.disposition for call in known} == {"answered", None}
    for call in known:
        assert call.events + len(call.missing) <= 7
