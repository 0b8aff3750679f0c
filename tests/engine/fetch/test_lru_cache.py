"""The bounded memory."""

from hypothesis import given
from hypothesis import strategies as st

from engine.fetch.lru_cache import Lru


def test_what_was_not_used_for_longest_goes_first() -> None:
    lru: Lru[str, int] = Lru(max_bytes=30, max_count=9)
    for key in "abc":
        lru.put(key, 1, 10)
    lru.get("a")
    lru.put("d", 1, 10)

    assert [key for key in "abcd" if lru.get(key)] == ["a", "c", "d"]


def test_count_is_bounded() -> None:
    lru: Lru[int, int] = Lru(max_bytes=99, max_count=2)
    for key in range(3):
        lru.put(key, key, 0)

    assert (len(lru), lru.get(0), lru.get(2)) == (2, None, 2)


def test_what_is_too_large_also_forgets_what_was_there() -> None:
    lru: Lru[str, int] = Lru(max_bytes=30, max_count=9)
    lru.put("a", 1, 10)
    lru.put("a", 2, 31)

    assert (lru.get("a"), len(lru)) == (None, 0)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 40))))
def test_both_limits_hold(entries: list[tuple[int, int]]) -> None:
    lru: Lru[int, int] = Lru(max_bytes=50, max_count=4)
    sizes = {}
    for key, size in entries:
        lru.put(key, size, size)
        sizes[key] = size

    left = [key for key in sizes if lru.get(key) is not None]
    assert sum(sizes[key] for key in left) <= 50
    assert len(left) == len(lru) <= 4
