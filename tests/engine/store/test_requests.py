"""Claims of Idempotency-Keys, and the answers that are kept for requests that come again."""

import asyncio

import pytest

from engine.model.call_record import CallRecord
from engine.store import Claim, ClaimChanges, Place, Store, StoredAnswer

NOW = 1_700_000_000.0
DAY_S = 24 * 3600.0
PLACE = ("digest", "key-1")


def claim_of(
    uuid: str,
    place: Place = PLACE,
    *,
    at: float = NOW,
    fingerprint: bytes = b"",
    owner: str = "n1",
) -> Claim:
    """A claim of *place*."""
    return Claim(place, fingerprint, uuid, owner, at)


async def claimed(store: Store, claim: Claim) -> StoredAnswer | None:
    """Make one claim: what stands in its way."""
    written = await store.write([], ClaimChanges([claim]))
    return written.standing.get(claim.place)


def record_of(uuid: str, *, ended: float | None = None) -> CallRecord:
    """The record of a request."""
    return CallRecord(
        id=uuid, received=NOW, node="n1", application_uuid=uuid, ended=ended
    )


async def test_the_first_is_new_and_the_next_gets_its_answer(store: Store) -> None:
    assert await store.find_request(PLACE, NOW) is None
    assert await claimed(store, claim_of("uuid-1", fingerprint=b"\0\xff")) is None

    running = StoredAnswer(b"\0\xff", "uuid-1", None, None, NOW)
    assert await claimed(store, claim_of("uuid-2", at=NOW + 1)) == running

    await store.finish_request(PLACE, "uuid-1", 200, b'{"result": "\xc3\xa4"}')

    answered = StoredAnswer(b"\0\xff", "uuid-1", 200, b'{"result": "\xc3\xa4"}', NOW)
    assert await claimed(store, claim_of("uuid-3", at=NOW + 2)) == answered
    assert await store.find_request(PLACE, NOW + 2) == answered


async def test_another_api_key_is_another_place(store: Store) -> None:
    await claimed(store, claim_of("uuid-1", ("digest", "key")))

    assert await claimed(store, claim_of("uuid-2", ("other", "key"))) is None


async def test_what_was_forgotten_may_come_again(store: Store) -> None:
    await claimed(store, claim_of("uuid-1"))

    await store.forget_request(PLACE, "uuid-1")

    assert await claimed(store, claim_of("uuid-2")) is None


async def test_only_its_own_request_is_answered_and_forgotten(store: Store) -> None:
    """Another one may have come there since, where the first was given up."""
    await claimed(store, claim_of("uuid-2"))

    await store.finish_request(PLACE, "uuid-1", 200, b"{}")
    await store.forget_request(PLACE, "uuid-1")
    await store.write([], ClaimChanges(withdrawn=[claim_of("uuid-1")]))

    standing = StoredAnswer(b"", "uuid-2", None, None, NOW)
    assert await store.find_request(PLACE, NOW) == standing


async def test_a_withdrawn_claim_goes_before_new_ones_are_made(store: Store) -> None:
    first, second = claim_of("uuid-1"), claim_of("uuid-2")
    await claimed(store, first)

    written = await store.write([], ClaimChanges([second], withdrawn=[first]))

    assert written.standing == {}
    assert await store.find_request(PLACE, NOW) == StoredAnswer(
        b"", "uuid-2", None, None, NOW
    )


async def test_after_a_day_it_counts_as_none_and_is_replaced(store: Store) -> None:
    await claimed(store, claim_of("uuid-1", fingerprint=b"old"))
    await store.finish_request(PLACE, "uuid-1", 200, b"old")

    assert await store.find_request(PLACE, NOW + DAY_S - 1) is not None
    assert await store.find_request(PLACE, NOW + DAY_S) is None
    later = NOW + DAY_S
    assert (
        await claimed(store, claim_of("uuid-2", at=later, fingerprint=b"new")) is None
    )

    new = StoredAnswer(b"new", "uuid-2", None, None, later)
    assert await store.find_request(PLACE, later) == new


async def test_many_claims_in_one_transaction(store: Store) -> None:
    """As many as do not fit into one statement, some of them too late."""
    places = [("digest", f"key-{number}") for number in range(47)]
    for number in (0, 13, 46):
        await claimed(store, claim_of(f"first-{number}", places[number]))

    written = await store.write(
        [], ClaimChanges([claim_of(at[1], at) for at in places])
    )

    late = {places[number]: f"first-{number}" for number in (0, 13, 46)}
    assert {
        place: standing.application_uuid for place, standing in written.standing.items()
    } == late
    for place in places:
        standing = await store.find_request(place, NOW)
        assert standing is not None
        assert standing.application_uuid == late.get(place, place[1])


async def test_of_many_at_once_one_is_the_first(store: Store, other: Store) -> None:
    for round_ in range(5):
        place = ("digest", f"key-{round_}")
        found = await asyncio.gather(
            *(
                claimed(process, claim_of(f"uuid-{index}", place))
                for index, process in enumerate((store, other) * 6)
            )
        )

        assert found.count(None) == 1
        first = f"uuid-{found.index(None)}"
        assert {answer.application_uuid for answer in found if answer} == {first}


async def test_a_record_is_written_only_while_its_claim_stands(store: Store) -> None:
    here, gone = ("digest", "here"), ("digest", "gone")
    await claimed(store, claim_of("u1", here))
    await claimed(store, claim_of("another", gone))

    held = ClaimChanges(held={"u1": here, "u2": gone, "u3": ("digest", "never")})
    written = await store.write([record_of(f"u{n}") for n in range(5)], held)

    assert written.given_up == {"u2", "u3"}
    kept = [found for n in range(5) for found in await store.find_records_of(f"u{n}")]
    assert [found.id for found in kept] == ["u0", "u1", "u4"]


async def test_what_a_dead_process_never_began_is_forgotten(store: Store) -> None:
    """What has a record, or an answer, or is of another process or a later time, is not."""
    await claimed(store, claim_of("never-begun", ("d", "never-begun")))
    for name in ("recorded", "answered"):
        await claimed(store, claim_of(name, ("d", name)))
    await claimed(store, claim_of("of-another", ("d", "of-another"), owner="n2"))
    await claimed(store, claim_of("later", ("d", "later"), at=NOW + 10))
    await store.write([record_of("recorded")])
    await store.finish_request(("d", "answered"), "answered", 200, b"{}")

    assert await store.find_live_nodes() == ["n1", "n2"]
    assert await store.release_claims("n1", NOW + 5, batch=1) == 1
    assert await store.release_claims("n1", NOW + 5) == 0

    names = ("never-begun", "recorded", "answered", "of-another", "later")
    standing = [
        name for name in names if await store.find_request(("d", name), NOW + 10)
    ]
    assert standing == ["recorded", "answered", "of-another", "later"]


async def test_what_was_recorded_is_never_forgotten(store: Store) -> None:
    """Not even once its record is not kept any more."""
    await claimed(store, claim_of("u1"))
    await store.write([record_of("u1", ended=NOW + 1)])
    assert await store.release_claims("n1", NOW + 5) == 0
    assert await store.purge(NOW + 5) == 1

    assert await store.release_claims("n1", NOW + 5) == 0

    assert await store.find_request(PLACE, NOW) is not None


@pytest.mark.parametrize("is_dialled", [True, False])
async def test_a_claim_is_dialled_or_forgotten_but_never_both(
    store: Store, other: Store, *, is_dialled: bool
) -> None:
    """Whoever comes first; here many at once, in either order."""
    uuids = [f"u{number}" for number in range(30)]
    claims = [claim_of(uuid, ("d", uuid)) for uuid in uuids]
    await store.write([], ClaimChanges(claims))

    writing = [
        other.write([record_of(uuid)], ClaimChanges(held={uuid: ("d", uuid)}))
        for uuid in uuids
    ]
    forgetting = store.release_claims("n1", NOW + 5, batch=3)
    both = [*writing, forgetting] if is_dialled else [forgetting, *writing]
    await asyncio.gather(*both)

    for uuid in uuids:
        is_recorded = bool(await store.find_records_of(uuid))
        is_claimed = await store.find_request(("d", uuid), NOW) is not None
        assert is_recorded == is_claimed


async def test_old_ones_are_purged(store: Store) -> None:
    for age in range(5):
        await claimed(store, claim_of("uuid", ("digest", f"key-{age}"), at=NOW - age))

    assert await store.purge_requests(NOW - 2, batch=1) == 2

    assert await store.find_request(("digest", "key-2"), NOW) is not None
    assert await store.find_request(("digest", "key-3"), NOW) is None
