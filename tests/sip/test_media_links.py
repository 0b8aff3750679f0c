"""Standing requests of who hears whom: kept once, and until one of the two legs ends."""

import itertools

from sip.events import LegId
from sip.media_links import MediaLinks

A, B, C = map(LegId, "ABC")


def test_a_link_is_one_way_and_wanted_once() -> None:
    bridge = MediaLinks()

    assert bridge.add((A, B))
    assert not bridge.add((A, B))
    assert bridge.add((B, A))
    assert set(bridge.of(A)) == set(bridge.of(B)) == {(A, B), (B, A)}


def test_a_link_that_is_taken_back() -> None:
    bridge = MediaLinks()
    bridge.add((A, B))
    bridge.add((A, C))

    assert bridge.remove((A, B))
    assert not bridge.remove((A, B))
    assert not bridge.remove((C, A))
    assert (set(bridge.of(A)), set(bridge.of(B))) == ({(A, C)}, set())


def test_a_leg_that_hears_itself() -> None:
    bridge = MediaLinks()
    bridge.add((A, A))

    assert bridge.remove((A, A))
    assert not bridge.legs


def test_an_ended_leg_takes_its_links_with_it() -> None:
    bridge = MediaLinks()
    for link in itertools.permutations((A, B, C), 2):
        bridge.add(link)
    bridge.forget(A)
    bridge.forget(A)

    assert set(bridge.of(B)) == set(bridge.of(C)) == {(B, C), (C, B)}
    assert not bridge.of(A)


def test_thousands_of_ended_legs_leave_nothing() -> None:
    bridge = MediaLinks()
    for number in range(5000):
        leg = LegId(str(number))
        bridge.add((A, leg))
        bridge.add((leg, A))
        bridge.forget(leg)

    assert not bridge.legs
