"""Records that are not in the database yet."""

from engine.model.call_record import CallRecord
from engine.records.pending_records import PendingRecords


def record(name: str, *, result: str | None = None) -> CallRecord:
    return CallRecord(id=name, received=1.0, node="n", result=result)


def make_waiting(*names: str, limit: int = 10) -> PendingRecords:
    """Records that wait."""
    records = PendingRecords(limit)
    for name in names:
        records.add(record(name))
    return records


def ids(records: list[CallRecord]) -> list[str]:
    return [taken.id for taken in records]


def test_the_oldest_are_taken_first() -> None:
    records = make_waiting("a", "b", "c")

    assert (ids(records.take(2)), len(records)) == (["a", "b"], 1)


def test_a_newer_state_takes_the_place_of_the_older() -> None:
    records = make_waiting("a", "b")
    records.add(record("a", result="Call failed"))

    assert [(taken.id, taken.result) for taken in records.take(9)] == [
        ("a", "Call failed"),
        ("b", None),
    ]


def test_what_could_not_be_written_waits_before_the_others() -> None:
    records = make_waiting("a", "b")
    batch = records.take(2)
    records.add(record("c"))
    records.add(record("b", result="Call failed"))
    records.put_back(batch)

    assert [(taken.id, taken.result) for taken in records.take(9)] == [
        ("a", None),
        ("b", "Call failed"),
        ("c", None),
    ]


def test_above_the_limit_the_oldest_are_dropped() -> None:
    records = make_waiting("a", "b", "c", limit=2)

    assert records.is_full
    assert (ids(records.drop_excess()), records.dropped) == (["a"], 1)
    assert records.drop_excess() == []


def test_what_is_being_written_is_pending_until_its_end() -> None:
    records = make_waiting("a", "b")
    (first,) = records.take(1)
    records.begin_writing({first.id: first})
    assert set(records.including({"c": record("c")})) == {"a", "b", "c"}

    records.end_writing()
    assert set(records.including({})) == {"b"}


def test_a_newer_state_hides_the_one_that_is_being_written() -> None:
    records = make_waiting("a")
    (first,) = records.take(1)
    records.begin_writing({first.id: first})
    records.add(newer := record("a", result="Call failed"))

    assert records.including({})["a"] is newer


def test_a_record_with_a_defect_is_left_out() -> None:
    class Defect:
        id = application_uuid = "defect"

        def record(self) -> CallRecord:
            raise ZeroDivisionError

    records = make_waiting("a")
    records.add(Defect())

    assert ids(records.take(9)) == ["a"]


def test_a_record_that_waits_gets_what_comes_late() -> None:
    pending = PendingRecords(10)
    pending.add(CallRecord(id="1", received=1.0, node="n", ladder="a"))

    assert pending.append_ladder("1", "b")
    assert not pending.append_ladder("2", "b")
    assert [record.ladder for record in pending.take(1)] == ["ab"]
