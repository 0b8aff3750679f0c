"""Numbers that must not be called stand on lists."""

from engine.model.campaign import Suppression
from engine.store import Store

from .samples import NOW


async def test_an_entry_is_replaced_by_a_later_one(store: Store) -> None:
    await store.suppressions.put([Suppression("own", "+491", NOW, until=NOW + 1)])
    later = Suppression("own", "+491", NOW, source="letter", proof="scan-7")
    await store.suppressions.put([Suppression("own", "+491", NOW), later])

    assert await store.suppressions.find("+491") == [later]


async def test_thousands_are_put_at_once_and_come_in_pages(store: Store) -> None:
    entries = [Suppression("own", f"+49{n:05}", NOW) for n in range(2500)]
    await store.suppressions.put(entries)

    page = await store.suppressions.find_page("own", after=entries[9].number, limit=2)

    assert page == entries[10:12]
    assert await store.suppressions.count() == {"own": 2500}


async def test_a_number_is_taken_off_a_list(store: Store) -> None:
    await store.suppressions.put([Suppression(it, "+491", NOW) for it in ("a", "b")])

    assert await store.suppressions.remove("a", "+491")
    assert not await store.suppressions.remove("a", "+491")
    assert [it.list for it in await store.suppressions.find("+491")] == ["b"]
