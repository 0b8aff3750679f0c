"""Files of exported records, read by other readers than their writers."""

import csv
import json
import sys
from datetime import UTC, datetime
from io import BytesIO, StringIO
from typing import Any

import pytest
from pyarrow import parquet

from engine.export import record_files
from engine.export.record_columns import NAMES, flatten_record
from engine.export.record_files import FORMATS, MissingPackageError
from engine.model.call_record import CallRecord
from engine.records.record_view import record_view
from tests.engine.cli.test_records import BEGAN, WHOLE

VIEWS = [
    record_view(WHOLE),
    record_view(CallRecord(id="node-2", received=0.0, node="n", detail='"a",\nb')),
]


def write(form: str, *pages: list[dict[str, Any]]) -> BytesIO:
    stream = BytesIO()
    file = FORMATS[form](stream)
    for page in pages:
        file.write(page)
    file.finish()
    stream.seek(0)
    return stream


def test_csv_has_a_heading_and_a_row_for_each_record() -> None:
    text = write("csv", VIEWS[:1], VIEWS[1:]).getvalue().decode()

    heading, whole, bare = csv.reader(StringIO(text, newline=""))
    assert tuple(heading) == NAMES
    assert whole[heading.index("sipStatus")] == "200"
    assert whole[heading.index("waitRanOut")] == "true"
    assert bare[heading.index("detail")] == '"a",\nb'
    assert bare[heading.index("talkMs")] == ""


def test_json_lines_have_whole_records() -> None:
    lines = write("jsonl", VIEWS[:1], VIEWS[1:]).read().splitlines()

    assert [json.loads(line) for line in lines] == VIEWS


def test_parquet_has_types() -> None:
    table = parquet.read_table(write("parquet", VIEWS[:1], VIEWS[1:]))

    whole, bare = table.to_pylist()
    assert tuple(table.column_names) == NAMES
    assert whole["start"] == datetime.fromtimestamp(BEGAN, UTC)
    assert (whole["talkMs"], whole["forced"], bare["talkMs"]) == (10_500.0, False, None)
    assert bare["callIndexFull"] == flatten_record(VIEWS[1])[0]


def test_parquet_has_bounded_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_files, "GROUP_ROWS", 2)

    file = parquet.ParquetFile(write("parquet", VIEWS, VIEWS, VIEWS[:1]))

    groups = [file.metadata.row_group(it).num_rows for it in range(file.num_row_groups)]
    assert groups == [2, 2, 1]


def test_parquet_of_no_records_has_its_columns() -> None:
    assert parquet.read_table(write("parquet")).column_names == list(NAMES)


def test_parquet_without_its_package_names_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(MissingPackageError, match=r"outring\[parquet\]"):
        FORMATS["parquet"](BytesIO())
