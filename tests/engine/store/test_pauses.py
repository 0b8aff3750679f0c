"""Pauses of objects in the database: they stay, all notice them, and nothing applies them."""

import pytest

from engine.platform.changes import Change, plan
from engine.platform.objects import KINDS, Account, Application, Objects, Proxy
from engine.platform.pauses import Pause
from engine.store import StaleChangeError, Store, open_store
from engine.store.current_platform import CurrentPlatform
from tests.engine.store.test_objects import until

EAST = Proxy(id="east", address="sip:192.0.2.1")
OBJECTS = Objects(
    account=(Account(id="acme"),),
    application=(Application(id="acme", account="acme"),),
    proxy=(EAST,),
)
PROXY, ACCOUNT = KINDS["proxy"], KINDS["account"]
DRAINS = Pause("proxy", "east", 5.0, "maintenance", "alice")


async def test_a_pause_stays_until_it_is_ended(store: Store, url: str) -> None:
    await store.apply(plan(Objects(), OBJECTS))

    assert await store.pause(PROXY, DRAINS) == DRAINS
    later = await open_store(url)
    assert await later.read_pauses() == (DRAINS,)
    assert await later.resume("proxy", "east")
    await later.aclose()

    assert await store.read_pauses() == ()
    assert not await store.resume("proxy", "east")


async def test_a_second_pause_has_the_new_reason_and_the_first_time(
    store: Store,
) -> None:
    await store.apply(plan(Objects(), OBJECTS))
    await store.pause(PROXY, DRAINS)

    standing = await store.pause(PROXY, Pause("proxy", "east", 9.0, "fire", "bob"))

    assert standing == Pause("proxy", "east", 5.0, "fire", "bob")
    assert await store.read_pauses() == (standing,)


async def test_what_does_not_exist_is_not_paused(store: Store) -> None:
    with pytest.raises(StaleChangeError, match="account small does not exist"):
        await store.pause(ACCOUNT, Pause("account", "small", 1.0, "x", "alice"))

    assert await store.read_pauses() == ()


async def test_an_applied_file_neither_sees_a_pause_nor_ends_it(store: Store) -> None:
    await store.apply(plan(Objects(), OBJECTS))
    await store.pause(PROXY, DRAINS)

    assert plan(await store.read_objects(), OBJECTS, prune=True) == []
    moved = EAST.model_copy(update={"address": "sip:192.0.2.9"})
    await store.apply([Change(PROXY, EAST, moved)])

    assert await store.read_pauses() == (DRAINS,)


async def test_an_object_that_goes_takes_its_own_pause_along(store: Store) -> None:
    await store.apply(plan(Objects(), OBJECTS))
    await store.pause(PROXY, DRAINS)
    kept = await store.pause(ACCOUNT, Pause("account", "acme", 1.0, "x", "alice"))
    application = OBJECTS.application[0]

    await store.apply(
        [
            Change(PROXY, EAST, None),
            Change(KINDS["application"], application, None),
        ]
    )

    assert await store.read_pauses() == (kept,)


async def test_all_processes_notice_a_pause_and_its_end(
    store: Store, other: Store
) -> None:
    await store.apply(plan(Objects(), OBJECTS))
    mine, others = CurrentPlatform(store), CurrentPlatform(other)
    await mine.current()
    await others.current()

    await store.pause(PROXY, DRAINS)
    assert (await mine.current()).pauses.find("proxy", "east") == DRAINS
    await until(lambda: not others.is_current)
    assert (await others.current()).pauses.find("proxy", "east") == DRAINS

    await other.resume("proxy", "east")
    await until(lambda: not mine.is_current)
    assert (await mine.current()).pauses.find("proxy", "east") is None
