"""The platform's objects in the database: changed in one step, and noticed by all."""

import asyncio
import time
from collections.abc import Callable

import pytest
from pydantic import ValidationError

from engine.platform.changes import Change, plan
from engine.platform.objects import (
    KINDS,
    Account,
    ApiKey,
    Application,
    ApplicationType,
    CustomHeader,
    Licence,
    NumberRule,
    ObjectKind,
    Objects,
    PlatformCredential,
    Proxy,
    ProxyGroup,
    ProxyMode,
    RtpMode,
    Webhook,
    WhenClientStopsWaiting,
)
from engine.platform.stream_options import StreamOptions
from engine.platform.webhook_fields import encode_secret
from engine.store import StaleChangeError, Store
from engine.store.tables import metadata

NOTICED_S = 5.0
ACCOUNT = KINDS["account"]
ONE_OF_EACH = Objects(
    licence=Licence(calls=100),
    account=(
        Account(id="acme", name="Ärger & Söhne", call_limit=5, calls_per_second=0.5),
        Account(id="small", auth_token="0123456789abcdef"),
    ),
    application=(
        Application(
            id="bot",
            account="acme",
            type=ApplicationType.STREAM,
            uri="wss://bots.example/out",
            stream=StreamOptions(parameters={"bot": "sales"}, sip_headers=("X-A",)),
        ),
        Application(
            id="hello",
            account="acme",
            type=ApplicationType.VXML,
            uri="https://example.com/hello.vxml",
            call_limit=0,
            calls_per_second=2.5,
            start_limit_ms=200,
            ring_timeout_ms=20_000,
            max_duration_ms=600_000,
            on_wait_timeout=WhenClientStopsWaiting.CANCEL,
            on_client_disconnect=WhenClientStopsWaiting.CANCEL,
            answer_after_call_progress=True,
            proxy_group="trunks",
        ),
        Application(id="lost", account="no-such-account"),
    ),
    key=(ApiKey(sha256="ab" * 32, application="hello", enabled=False),),
    rule=(
        NumberRule(pattern=r"sip:\+49.*", allow=True),
        NumberRule(pattern="x", allow=False),
    ),
    proxy=(
        Proxy(
            id="one",
            mode=ProxyMode.REWRITE_DESTINATION,
            address="sip:192.0.2.1",
            caller_id="outring",
            rtp_mode=RtpMode.BOTH,
            call_limit=7,
            calls_per_second=1.5,
            ping_interval_ms=5000,
            headers=("b", "a"),
        ),
    ),
    group=(ProxyGroup(id="trunks", members=("two", "one"), default=True),),
    header=(CustomHeader(id="a", name="X-A", value="a", request="INVITE"),),
    credential=(PlatformCredential(realm="r", username="u", ha1="cd" * 16),),
    webhook=(
        Webhook(
            id="crm",
            uri="https://h.example/in",
            application="two",
            events=("call.ended", "request.*"),
            secrets=(encode_secret(bytes(24)),),
        ),
    ),
)


async def until(condition: Callable[[], bool], limit_s: float = NOTICED_S) -> None:
    """Wait for what somebody else does."""
    async with asyncio.timeout(limit_s):
        while not condition():
            await asyncio.sleep(0.005)


def add(account: Account) -> Change:
    """The change that brings *account*."""
    return Change(ACCOUNT, None, account)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_table_has_a_column_for_each_field(kind: ObjectKind) -> None:
    assert set(kind.model.model_fields) <= set(metadata.tables[kind.table].c.keys())


def test_no_text_of_an_object_may_hold_what_postgresql_does_not_take() -> None:
    texts = [
        (kind, subject.model_dump(), name)
        for kind in KINDS.values()
        for subject in ONE_OF_EACH.of(kind)
        for name, value in subject
        if isinstance(value, str)
    ]
    assert len(texts) > 20

    for kind, held, name in texts:
        with pytest.raises(ValidationError, match=name):
            kind.model.model_validate({**held, name: held[name] + "\0"})


async def test_a_new_database_holds_nothing(store: Store) -> None:
    assert await store.read_objects() == Objects()


async def test_what_was_applied_is_read_again_by_all(
    store: Store, other: Store
) -> None:
    await store.apply(plan(await store.read_objects(), ONE_OF_EACH))

    assert await other.read_objects() == ONE_OF_EACH
    assert plan(await store.read_objects(), ONE_OF_EACH) == []


async def test_objects_change_and_go(store: Store) -> None:
    await store.apply(plan(Objects(), ONE_OF_EACH))
    declared = ONE_OF_EACH.model_copy(
        update={
            "licence": Licence(),
            "account": (Account(id="acme", name="Acme"), Account(id="big")),
            "rule": (),
        }
    )

    await store.apply(plan(ONE_OF_EACH, declared, prune=True))

    assert await store.read_objects() == declared


async def test_a_change_planned_from_an_old_state_is_refused_and_nothing_happens(
    store: Store, other: Store
) -> None:
    acme, changed = Account(id="acme"), Account(id="acme", name="changed")
    await store.apply([add(acme)])
    await other.apply([Change(ACCOUNT, acme, changed)])

    for change, text in (
        (add(acme), "The account acme exists already."),
        (
            Change(ACCOUNT, acme, Account(id="acme", name="mine")),
            "The account acme was changed by somebody else in the meantime.",
        ),
        (
            Change(ACCOUNT, acme, None),
            "The account acme was changed by somebody else in the meantime.",
        ),
        (
            Change(ACCOUNT, Account(id="gone"), None),
            "The account gone does not exist any more.",
        ),
    ):
        with pytest.raises(StaleChangeError) as refused:
            await store.apply([add(Account(id="new")), change])
        assert str(refused.value) == text

    assert (await store.read_objects()).account == (changed,)


async def test_of_many_who_add_the_same_at_once_one_succeeds(
    store: Store, other: Store
) -> None:
    done = await asyncio.gather(
        *(opened.apply([add(Account(id="acme"))]) for opened in (store, other) * 4),
        return_exceptions=True,
    )

    assert done.count(None) == 1
    assert sum(isinstance(outcome, StaleChangeError) for outcome in done) == 7


async def test_changes_by_others_are_noticed(store: Store, other: Store) -> None:
    reader = store.make_reader()
    assert not reader.is_current()  # nothing has been read
    await reader.read_objects()
    assert reader.is_current()

    await other.apply([add(Account(id="acme"))])
    await until(lambda: not reader.is_current())

    assert [account.id for account in (await reader.read_objects()).account] == ["acme"]
    assert reader.is_current()


async def test_own_changes_are_noticed_at_once(store: Store) -> None:
    reader = store.make_reader()
    await reader.read_objects()

    await store.apply([add(Account(id="acme"))])

    assert not reader.is_current()
    await reader.read_objects()
    assert reader.is_current()


async def test_a_refused_change_leaves_the_objects_current(
    store: Store, other: Store
) -> None:
    reader = store.make_reader()
    await reader.read_objects()
    other_reader = other.make_reader()
    await other_reader.read_objects()

    with pytest.raises(StaleChangeError):
        await other.apply([Change(ACCOUNT, Account(id="gone"), None)])

    assert reader.is_current()
    assert other_reader.is_current()


async def test_asking_whether_they_are_current_takes_microseconds(store: Store) -> None:
    reader = store.make_reader()
    await reader.read_objects()

    began = time.process_time()
    for _ in range(1000):
        assert reader.is_current()
    took = time.process_time() - began

    assert took < 0.5  # some 5 ms; a question over a socket would take 200


async def test_keys_have_times_that_changes_of_them_keep(store: Store) -> None:
    sha256 = "ab" * 32
    before = time.time()
    await store.apply(plan(Objects(), ONE_OF_EACH))
    (first,) = (await store.read_key_times()).values()
    assert before <= first.created <= time.time()
    assert first.last_used is None

    await store.touch_keys({sha256: 1000.5, "cd" * 32: 1.0})
    await store.touch_keys({sha256: 999.0})  # another node's, late
    (old,) = ONE_OF_EACH.key
    new = old.model_copy(update={"enabled": True})
    await store.apply([Change(KINDS["key"], old, new)])

    assert (await store.read_objects()).key == (new,)
    (later,) = (await store.read_key_times()).values()
    assert later == type(later)(first.created, 1000.5)


async def test_ten_thousand_rules_come_in_one_step(store: Store) -> None:
    rules = tuple(
        NumberRule(pattern=f"sip:{i:05}@.*", allow=False) for i in range(10_000)
    )

    await store.apply(plan(Objects(), Objects(rule=rules)))

    assert (await store.read_objects()).rule == rules
