"""The columns of exported records."""

from engine.export.record_columns import COLUMNS, NAMES, flatten_record
from engine.model.call_record import CallRecord
from engine.records.record_view import record_view
from tests.documented import ROOT
from tests.engine.cli.test_records import WHOLE

BARE = CallRecord(id="node-2", received=0.0, node="n")


def test_a_row_has_what_the_record_has() -> None:
    row = dict(zip(NAMES, flatten_record(record_view(WHOLE)), strict=True))

    assert row["callIndexFull"] == "node-1"
    assert (row["sipStatus"], row["attempts"], row["queuedMs"]) == (200, 1, 1000)
    assert row["ringing"] == "2023-11-14T22:13:21.500000+00:00"
    assert (row["hangupCause"], row["applicationEnd"]) == (16, "error")
    assert (row["answeredBy"], row["waitRanOut"]) == ("machine", True)


def test_every_path_leads_to_a_value_of_some_record() -> None:
    refused = CallRecord(
        *("node-3", 0.0, "n"),
        refused_by="licence",
        detail="Full.",
        termination_reason="refused",
        admitted=1.0,
        cancel=2.0,
    )
    rows = [flatten_record(record_view(record)) for record in (WHOLE, refused)]

    empty = {
        name
        for name, *values in zip(NAMES, *rows, strict=True)
        if values == [None, None]
    }
    assert empty == set()


def test_a_row_is_as_long_whatever_is_unknown() -> None:
    assert len(flatten_record(record_view(BARE))) == len(COLUMNS) == len(set(NAMES))


def test_every_column_is_described_in_its_order() -> None:
    page = (ROOT / "docs/export.md").read_text()
    table = page.partition("| column | holds |")[2].partition("\n\n")[0]
    cells = [line.split("|")[1:3] for line in table.splitlines()[2:]]

    described = [
        (name.strip(" `"), kind.strip())
        for names, kind in cells
        for name in names.split(",")
    ]
    assert described == [(column.name, column.kind.value) for column in COLUMNS]
