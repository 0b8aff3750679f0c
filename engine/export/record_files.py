"""Files of records: CSV, JSON lines and Parquet, written page by page."""

import csv
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from io import TextIOWrapper
from typing import Any, BinaryIO, Protocol

import msgspec

from .record_columns import COLUMNS, NAMES, ColumnKind, Value, flatten_record

View = Mapping[str, Any]
GROUP_ROWS = 50_000
"""Records of one row group of Parquet, which are held in memory until it is written."""


class MissingPackageError(Exception):
    """The package that writes a format is not installed."""


class RecordFile(Protocol):
    """A file of records that is being written. Its methods raise what writing raises."""

    def write(self, views: Sequence[View]) -> None:
        """Append the records *views*."""

    def finish(self) -> None:
        """Write what is left. The caller closes the stream."""


class CsvFile(RecordFile):
    """CSV of RFC 4180 in UTF-8, with the names of the columns in its first line."""

    def __init__(self, stream: BinaryIO) -> None:
        self._text = TextIOWrapper(stream, "utf-8", newline="", write_through=True)
        self._writer = csv.writer(self._text, lineterminator="\r\n")
        self._has_names = False

    def write(self, views: Sequence[View]) -> None:
        self._write_names()
        self._writer.writerows(map(_format, flatten_record(view)) for view in views)

    def finish(self) -> None:
        self._write_names()
        self._text.detach()

    def _write_names(self) -> None:
        """Write the first line, once: not before there are records, or known to be none."""
        if not self._has_names:
            self._has_names = True
            self._writer.writerow(NAMES)


class JsonLinesFile(RecordFile):
    """One line of JSON for each record: the whole view, as the API shows it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._encode = msgspec.json.Encoder().encode_lines

    def write(self, views: Sequence[View]) -> None:
        self._stream.write(self._encode(views))

    def finish(self) -> None:
        """Nothing is left."""


class ParquetFile(RecordFile):
    """Parquet, with times as timestamps of microseconds in UTC."""

    def __init__(self, stream: BinaryIO) -> None:
        """Raises MissingPackageError without pyarrow."""
        try:
            import pyarrow
            from pyarrow import parquet
        except ImportError:
            raise MissingPackageError(
                "This takes the extra parquet: pip install 'outring[parquet]'."
            ) from None
        types = {
            ColumnKind.TEXT: pyarrow.string(),
            ColumnKind.INTEGER: pyarrow.int32(),
            ColumnKind.MILLISECONDS: pyarrow.float64(),
            ColumnKind.TIME: pyarrow.timestamp("us", tz="UTC"),
            ColumnKind.TRUTH: pyarrow.bool_(),
        }
        self._schema = pyarrow.schema([(it.name, types[it.kind]) for it in COLUMNS])
        self._arrow = pyarrow
        self._writer = parquet.ParquetWriter(stream, self._schema, compression="zstd")
        self._batches: list[Any] = []
        self._rows = 0

    def write(self, views: Sequence[View]) -> None:
        rows = [flatten_record(view) for view in views]
        arrays = [
            self._arrow.array(
                [_convert(row[number], column.kind) for row in rows],
                self._schema.field(number).type,
            )
            for number, column in enumerate(COLUMNS)
        ]
        self._batches.append(self._arrow.record_batch(arrays, schema=self._schema))
        self._rows += len(rows)
        if self._rows >= GROUP_ROWS:
            self._write_group()

    def finish(self) -> None:
        self._write_group()
        self._writer.close()

    def _write_group(self) -> None:
        table = self._arrow.Table.from_batches(self._batches, self._schema)
        if self._rows:
            self._writer.write_table(table, row_group_size=self._rows)
        self._batches, self._rows = [], 0


FORMATS: Mapping[str, Callable[[BinaryIO], RecordFile]] = {
    "csv": CsvFile,
    "jsonl": JsonLinesFile,
    "parquet": ParquetFile,
}
"""The formats by their names; each begins a file on a stream that is open for writing."""


def _format(value: Value) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _convert(value: Value, kind: ColumnKind) -> object:
    if value is None or kind is not ColumnKind.TIME:
        return value
    return datetime.fromisoformat(str(value))
