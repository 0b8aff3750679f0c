"""Answers kept for requests that come again with their Idempotency-Key."""

import asyncio

from engine.store import Store, StoredAnswer

NOW = 1_700_000_000.0
DAY_S = 24 * 3600.0
PLACE = ("digest", "key-1")


async def test_the_first_is_new_and_the_next_gets_its_answer(store: Store) -> None:
    assert await store.request(*PLACE, NOW) is None
    assert await store.begin_request(*PLACE, b"\0\xff", "uuid-1", NOW) is None

    running = StoredAnswer(b"\0\xff", "uuid-1", None, None, NOW)
    assert await store.begin_request(*PLACE, b"other", "uuid-2", NOW + 1) == running

    await store.finish_request(*PLACE, 200, b'{"result": "\xc3\xa4"}')

    answered = StoredAnswer(b"\0\xff", "uuid-1", 200, b'{"result": "\xc3\xa4"}', NOW)
    assert await store.begin_request(*PLACE, b"\0\xff", "uuid-3", NOW + 2) == answered
    assert await store.request(*PLACE, NOW + 2) == answered


async def test_another_api_key_is_another_place(store: Store) -> None:
    await store.begin_request("digest", "key", b"", "uuid-1", NOW)

    assert await store.begin_request("other", "key", b"", "uuid-2", NOW) is None


async def test_what_was_forgotten_may_come_again(store: Store) -> None:
    await store.begin_request(*PLACE, b"", "uuid-1", NOW)

    await store.forget_request(*PLACE)

    assert await store.begin_request(*PLACE, b"", "uuid-2", NOW) is None


async def test_after_a_day_it_counts_as_none_and_is_replaced(store: Store) -> None:
    await store.begin_request(*PLACE, b"old", "uuid-1", NOW)
    await store.finish_request(*PLACE, 200, b"old")

    assert await store.request(*PLACE, NOW + DAY_S - 1) is not None
    assert await store.request(*PLACE, NOW + DAY_S) is None
    later = NOW + DAY_S
    assert await store.begin_request(*PLACE, b"new", "uuid-2", later) is None

    new = StoredAnswer(b"new", "uuid-2", None, None, later)
    assert await store.request(*PLACE, later) == new


async def test_of_many_at_once_one_is_the_first(store: Store, other: Store) -> None:
    for round_ in range(5):
        found = await asyncio.gather(
            *(
                one.begin_request("digest", f"key-{round_}", b"", f"uuid-{index}", NOW)
                for index, one in enumerate((store, other) * 6)
            )
        )

        assert found.count(None) == 1
        first = f"uuid-{found.index(None)}"
        assert {one.application_uuid for one in found if one} == {first}


async def test_old_ones_are_purged(store: Store) -> None:
    for age in range(5):
        await store.begin_request("digest", f"key-{age}", b"", "uuid", NOW - age)

    assert await store.purge_requests(NOW - 2, batch=1) == 2

    assert await store.request("digest", "key-2", NOW) is not None
    assert await store.request("digest", "key-3", NOW) is None
