"""The judge of a load: what clients were told against what the database holds."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import msgspec

WITHOUT_UUID = "-"


class Told(NamedTuple):
    """An answer that a client got."""

    outcome: str
    identity: str  # applicationUUID, or WITHOUT_UUID
    result: str


class Kept(NamedTuple):
    """A record of the database, as far as it matters."""

    identity: str | None
    result: str | None
    has_ended: bool
    was_forced: bool


class Verdict(msgspec.Struct, frozen=True):
    """What became of the calls. All but ``calls`` and ``records`` should be 0."""

    calls: int  # answers with a UUID
    records: int
    missing: int  # calls without a record
    repeated: int  # records of a call beyond its first one
    unasked: int  # records of calls that no answer names, but for answers that got lost
    differing: int  # another result in the record than in the answer
    unended: int  # calls whose terminal event was lost
    forced: int  # ends that the far end never confirmed

    @property
    def is_clean(self) -> bool:
        """Whether every call was recorded once, with its result and its end."""
        bad = (
            *(self.missing, self.repeated, self.unasked),
            *(self.differing, self.unended, self.forced),
        )
        return not any(bad)


def compare(
    told: Iterable[Told], kept: Iterable[Kept], lost_answers: int = 0
) -> Verdict:
    """The verdict; *lost_answers*: requests whose client did not learn what became of them."""
    results = {
        answer.identity: answer.result
        for answer in told
        if answer.identity != WITHOUT_UUID
    }
    seen: Counter[str] = Counter()
    unasked = differing = unended = forced = 0
    for record in kept:
        if record.identity is None:  # refused before it was a call
            continue
        result = results.get(record.identity)
        seen[record.identity] += 1
        unasked += result is None
        differing += result not in (None, record.result)
        unended += not record.has_ended
        forced += record.was_forced
    return Verdict(
        calls=len(results),
        records=seen.total(),
        missing=len(results.keys() - seen.keys()),
        repeated=seen.total() - len(seen),
        unasked=max(unasked - lost_answers, 0),
        differing=differing,
        unended=unended,
        forced=forced,
    )


def told_in(file: Path) -> Iterator[Told]:
    """The answers that the driver wrote down."""
    with file.open() as lines:
        for line in lines:
            yield Told(*line.rstrip("\n").split("\t"))


def kept_in(databases: Sequence[Path], since: float) -> Iterator[Kept]:
    """Records of requests that came after *since*, in seconds since 1970."""
    for database in databases:
        with closing(_opened(database)) as connection:
            rows = connection.execute(
                "SELECT application_uuid, result, ended IS NOT NULL, forced"
                " FROM record WHERE received >= ?",
                (since,),
            )
            yield from map(Kept._make, rows)


def open_calls(databases: Sequence[Path], since: float) -> int:
    """How many calls that came after *since* have no end in the database."""
    count = 0
    for database in databases:
        with closing(_opened(database)) as connection:
            query = (
                "SELECT count(*) FROM record"
                " WHERE ended IS NULL AND application_uuid IS NOT NULL AND received >= ?"
            )
            count += connection.execute(query, (since,)).fetchone()[0]
    return count


def _opened(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)
