"""Records in the database: written, found, followed, closed and purged."""

import asyncio
from dataclasses import fields

import msgspec
import pytest

from engine.model.call_progress import CallProgressEvent, CallProgressResult
from engine.model.call_record import ApplicationEnd, Attempt, CallRecord, HowEnded
from engine.store import RecordFilter, Store
from engine.store.tables import record as table
from sip.call_progress import AnsweredBy, ProgressType

NOW = 1_700_000_000.0
FULL = CallRecord(
    id="one",
    received=NOW,
    node="n1",
    application_uuid="uuid-1",
    account="acme",
    application="hello",
    action="makeCall",
    direction="outbound",
    launched_type="OUTBOUND_API",
    to="sip:Alice@Example.com",
    from_uri="sip:outring@example.com",
    ani="outring",
    dnis="Alice",
    result="Call connected",
    wait_ran_out=True,
    client_result="Request timeout",
    disposition="answered",
    refused_by="rule:Ä.*",
    hangup_by="callee",
    end_requester="client",
    hangup_text="Normal call clearing",
    application_end="error",
    application_error="error.semantic: x (line 12)",
    detail="Ein Satz über „Ähnliches“ 😀.",
    sip_status=200,
    sip_reason="OK",
    sip_origin="remote",
    q850_cause=16,
    headers={"Contact": "<sip:alice@192.0.2.1>", "X-Ä": "ö"},
    call_id="call-1",
    proxy="two",
    campaign="spring",
    contact="customer-1",
    attempts=[
        Attempt(call_id="call-0", address="sip:a@b", proxy="one", status=503),
        Attempt(call_id="call-1", address="sip:a@b", invite=NOW, ended=NOW + 0.25),
    ],
    termination_reason="bye",
    answered_after_cancel=True,
    forced=True,
    admitted=NOW + 0.001,
    invite=NOW + 0.002,
    trying=NOW + 0.003,
    ringing=NOW + 0.004,
    answered=NOW + 0.005,
    ack=NOW + 0.006,
    cancel=NOW + 0.007,
    bye=NOW + 0.008,
    ended=NOW + 0.009,
    call_progress=CallProgressResult(
        [CallProgressEvent(ProgressType.BEEP, NOW + 0.01)], AnsweredBy.MACHINE
    ),
)


def a_record(number: int, **held: object) -> CallRecord:
    """A record received *number* seconds after NOW."""
    new = CallRecord(id=f"{number:05}", received=NOW + number, node="n1")
    return msgspec.structs.replace(new, **held)


def ids(records: list[CallRecord]) -> list[int]:
    """Which records of `a_record` they are."""
    return [int(record.id) for record in records]


def test_the_table_has_the_fields_of_a_record_in_their_order() -> None:
    assert list(table.c.keys()) == [*CallRecord.__struct_fields__, "change"]


async def test_a_record_is_read_as_it_was_written(store: Store) -> None:
    await store.write([FULL, a_record(1, application_uuid="uuid-2")])

    assert await store.find_records_of("uuid-1") == [FULL]
    assert await store.find_records_of("uuid-2") == [
        a_record(1, application_uuid="uuid-2")
    ]
    assert await store.find_records_of("uuid-3") == []


async def test_the_call_id_is_that_of_the_last_invite(store: Store) -> None:
    """None where that was not sent after all."""
    attempts = [Attempt(name, "sip:a@b") for name in ("call-0", "call-1")]
    await store.write([a_record(1, call_id="call-0", attempts=attempts[:1])])
    await store.write([a_record(1, call_id="call-1", attempts=attempts)])
    assert ids(await store.find_records(RecordFilter(call_id="call-1"))) == [1]

    await store.write([a_record(1, attempts=[])])
    assert await store.find_records(RecordFilter(call_id="call-1")) == []


async def test_ladders_are_not_in_lists(store: Store) -> None:
    text = "call-1\t1700000000002000\n0\ts\tINVITE\t1 INVITE\tudp:192.0.2.1:5060\n"
    whole = msgspec.structs.replace(FULL, ladder=text)

    await store.write([whole])

    assert await store.find_records_of("uuid-1") == [whole]
    assert await store.find_records(RecordFilter()) == [FULL]
    assert (await store.read_records_after(0, 10))[0] == [FULL]


async def test_a_record_that_is_written_again_is_replaced(store: Store) -> None:
    live = a_record(1, application_uuid="u", headers={"X-A": "1"})
    ended = a_record(1, application_uuid="u", ended=NOW + 9, result="Call failed")

    await store.write([live])
    await store.write([live, ended, a_record(2)])

    assert await store.find_records_of("u") == [ended]
    assert ids(await store.find_records(RecordFilter())) == [2, 1]


async def test_the_end_of_an_application_is_entered_and_never_emptied(
    store: Store,
) -> None:
    live, ended = a_record(1), a_record(1, ended=NOW + 9)
    await store.write([live, a_record(2)])
    position = await store.read_position()
    broken = ApplicationEnd(HowEnded.ERROR, "error.semantic\0 (line 12)")
    ends = {"00001": broken, "00002": ApplicationEnd(HowEnded.EXIT), "gone": broken}

    await store.enter_application_ends(ends)

    changed, last = await store.read_records_after(position, 10)
    assert [
        (record.application_end, record.application_error) for record in changed
    ] == [
        ("error", "error.semantic\ufffd (line 12)"),
        ("exit", None),
    ]
    await store.write([ended])  # which was on its way then
    ((again,), _) = await store.read_records_after(last, 10)
    assert (again.ended, again.application_end) == (NOW + 9, "error")


async def test_the_calls_of_one_application_come_oldest_first(store: Store) -> None:
    await store.write([a_record(n, application_uuid="u") for n in (3, 1, 2)])

    assert ids(await store.find_records_of("u")) == [1, 2, 3]


async def test_what_no_database_can_hold_is_replaced_and_harms_nobody_else(
    store: Store,
) -> None:
    odd = a_record(
        2,
        application_uuid="u",
        to="sip:\0\ud800",
        headers={"X-\udc00": "\0"},
        attempts=[Attempt(call_id="\ud800", address="a", status=10**20)],
        q850_cause=10**20,
    )

    await store.write([a_record(1), odd, a_record(3)])

    assert ids(await store.find_records(RecordFilter())) == [3, 2, 1]
    (cleaned,) = await store.find_records_of("u")
    assert cleaned.to == "sip:\ufffd?"
    assert cleaned.headers == {"X-?": "\ufffd"}
    assert cleaned.attempts == [Attempt(call_id="?", address="a")]
    assert cleaned.q850_cause is None
    assert ids(await store.find_records(RecordFilter(to="\0\ud800"))) == [2]
    assert await store.find_records_of("\0") == []


FILTERS = {
    "application_uuid": "uuid-1",
    "account": "acme",
    "application": "hello",
    "result": "Call connected",
    "disposition": "answered",
    "to": "aLICE@exam",
    "call_id": "call-1",
    "node": "n1",
    "proxy": "two",
    "sip_status": 200,
    "campaign": "spring",
    "contact": "customer-1",
    "sip_class": 2,
    "has_failed": False,
    "since": NOW,
    "until": NOW + 0.001,
    "is_live": False,
}


def test_every_filter_is_tested() -> None:
    assert list(FILTERS) == [field.name for field in fields(RecordFilter)]


@pytest.mark.parametrize("name", FILTERS)
async def test_a_filter_lets_through_what_fits(store: Store, name: str) -> None:
    early, late = (
        CallRecord(id=f"{at:+}", received=NOW + at, node="n2", to="sip:bob@example.com")
        for at in (-1, 1)
    )
    other = late if name == "until" else early
    if name == "has_failed":
        other = msgspec.structs.replace(other, ended=NOW, disposition="busy")
    await store.write([FULL, other])

    assert await store.find_records(RecordFilter(**{name: FILTERS[name]})) == [FULL]


async def test_records_are_counted_for_each_value(store: Store) -> None:
    nodes = ("n1", "n2", "n2")
    await store.write([a_record(n, node=node) for n, node in enumerate(nodes)])

    assert await store.count_records(RecordFilter(), "node") == [("n2", 2), ("n1", 1)]
    assert await store.count_records(RecordFilter(node="n1")) == [(None, 1)]
    assert await store.count_records(RecordFilter(node="n3"), "node") == []
    assert await store.count_records(RecordFilter(node="n3")) == [(None, 0)]


async def test_filters_are_taken_together_and_live_calls_can_be_asked_for(
    store: Store,
) -> None:
    await store.write(
        [
            a_record(1, account="a"),
            a_record(2, account="a", ended=NOW + 3),
            a_record(3, account="b"),
        ]
    )

    live_of_a = RecordFilter(account="a", is_live=True)
    assert ids(await store.find_records(live_of_a)) == [1]


async def test_part_of_an_address_is_no_pattern(store: Store) -> None:
    await store.write([a_record(1, to="sip:100%@x"), a_record(2, to="sip:100_@x")])

    assert ids(await store.find_records(RecordFilter(to="0%@"))) == [1]
    assert ids(await store.find_records(RecordFilter(to="0_@"))) == [2]
    assert ids(await store.find_records(RecordFilter(to="\\"))) == []


async def test_pages_hold_every_record_once_though_new_ones_come(store: Store) -> None:
    # Several in the same moment, so that the id must decide.
    batch = [a_record(n, received=NOW + n // 3) for n in range(10)]
    await store.write(batch)

    pages = [await store.find_records(RecordFilter(), limit=4)]
    await store.write([a_record(50)])
    while pages[-1]:
        last = pages[-1][-1].id
        pages.append(await store.find_records(RecordFilter(), limit=4, before=last))

    assert [ids(page) for page in pages] == [[9, 8, 7, 6], [5, 4, 3, 2], [1, 0], []]
    assert await store.find_records(RecordFilter(), before="never-there") == []


async def test_a_follower_gets_every_change_in_the_order_of_writing(
    store: Store,
) -> None:
    await store.write([a_record(1)])
    begin = await store.read_position()
    await store.write([a_record(9), a_record(7)])
    await store.write([a_record(2)])
    await store.write([a_record(7, ended=NOW)])

    first, position = await store.read_records_after(begin, 2)
    rest, end = await store.read_records_after(position, 2)

    assert (ids(first), ids(rest)) == ([9, 2], [7])
    assert end == await store.read_position()
    assert await store.read_records_after(end, 2) == ([], end)


async def test_a_follower_misses_nothing_of_many_writers(
    store: Store, other: Store
) -> None:
    """Batches of unlike size commit in any order; positions must not come late."""
    batches = [
        [a_record(100 * batch + number) for number in range(1 + batch * 7 % 40)]
        for batch in range(60)
    ]
    written = {record.id for batch in batches for record in batch}
    seen: list[str] = []

    async def follow() -> None:
        position = 0
        while len(seen) < len(written):
            page, position = await store.read_records_after(position, 50)
            seen.extend(record.id for record in page)

    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        tasks.create_task(follow())
        for index, batch in enumerate(batches):
            tasks.create_task((store, other)[index % 2].write(batch))

    assert sorted(seen) == sorted(written)


async def test_orphans_of_a_node_are_closed(store: Store) -> None:
    await store.write(
        [
            a_record(1),
            a_record(2, result="Call connected", disposition="answered"),
            a_record(3, ended=NOW + 4, result="Call failed"),
            a_record(4, node="n2"),
            a_record(10),  # of the node's new life
        ]
    )
    begin = await store.read_position()

    assert sorted(await store.find_live_nodes()) == ["n1", "n2"]
    assert await store.close_orphans("n1", NOW + 10, NOW + 20) == 2
    assert await store.close_orphans("n1", NOW + 10, NOW + 21) == 0

    lost = {
        "ended": NOW + 20,
        "termination_reason": "node_lost",
        "hangup_by": "platform",
    }
    died = "The node n1, which had the call, has died."
    closed, _ = await store.read_records_after(begin, 10)
    assert closed == [
        a_record(1, result="Internal Error", disposition="failed", detail=died, **lost),
        a_record(2, result="Call connected", disposition="answered", **lost),
    ]
    live = await store.find_records(RecordFilter(is_live=True))
    assert ids(live) == [10, 4]


async def test_old_ended_records_are_purged_in_batches(store: Store) -> None:
    await store.write([a_record(n, ended=NOW) for n in range(25)] + [a_record(-1)])

    assert await store.purge(NOW + 20, batch=10) == 20
    assert await store.purge(NOW + 20, batch=10) == 0

    assert ids(await store.find_records(RecordFilter())) == [24, 23, 22, 21, 20, -1]


async def test_positions_go_on_after_a_purge(store: Store) -> None:
    await store.write([a_record(1, ended=NOW)])
    position = await store.read_position()
    await store.purge(NOW + 20)

    await store.write([a_record(30)])

    page, _ = await store.read_records_after(position, 10)
    assert ids(page) == [30]


async def test_records_do_not_make_the_objects_stale(
    store: Store, other: Store
) -> None:
    reader = store.make_reader()
    await reader.read_objects()

    await other.write([a_record(1)])
    await store.write([a_record(2)])
    await other.ping()

    assert reader.is_current()


async def test_those_that_changed_last_come_first(store: Store) -> None:
    await store.write([a_record(number) for number in range(4)])
    await store.write([a_record(1, ended=NOW)])

    latest = await store.find_latest_records(3)

    assert [record.id for record in latest] == ["00001", "00003", "00002"]
