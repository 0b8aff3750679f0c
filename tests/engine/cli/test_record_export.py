"""``outring records export``: whole files, chosen as records are listed."""

import csv
import json
import shutil
from pathlib import Path

import pytest
from pyarrow import parquet

from engine.model.call_record import CallRecord
from engine.platform.objects import digest_of
from engine.store import open_store
from tests.engine.process import SETTINGS, command, configured, serving
from tests.platform import ADMIN_TOKEN

ADMIN = f'[admin]\ntoken_sha256 = "{digest_of(ADMIN_TOKEN)}"\n'

COUNT = 2500  # more than two pages


@pytest.fixture(scope="module")
async def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database of ``COUNT`` records, of two applications."""
    folder = tmp_path_factory.mktemp("export")
    store = await open_store(f"sqlite:///{folder}/outring.db")
    records = [
        CallRecord(
            *(f"node-{number}", 1000.0 + number // 2, "n"),
            application="odd" if number % 2 else "even",
        )
        for number in range(COUNT)
    ]
    await store.write(records)
    await store.aclose()
    return folder


async def export(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Run ``outring records export`` with the database in *folder*."""
    url = f"sqlite:///{folder}/outring.db"
    return await command("records", "export", *arguments, OUTRING_DATABASE_URL=url)


async def test_every_record_stands_in_each_format_once(
    folder: Path, tmp_path: Path
) -> None:
    for form in ("csv", "jsonl", "parquet"):
        to = ("-o", str(tmp_path / form), "--format", form)
        assert await export(folder, *to) == (0, "", "")

    rows = list(csv.DictReader((tmp_path / "csv").read_text().splitlines()))
    lines = (tmp_path / "jsonl").read_text().splitlines()
    table = parquet.read_table(tmp_path / "parquet")
    ids = [row["callIndexFull"] for row in rows]
    assert ids == [json.loads(line)["callIndexFull"] for line in lines]
    assert ids == table["callIndexFull"].to_pylist()
    assert len(set(ids)) == COUNT
    assert [row["start"] for row in rows] == sorted(
        (row["start"] for row in rows), reverse=True
    )


async def test_a_platform_that_runs_tells_what_its_database_holds(
    folder: Path, tmp_path: Path
) -> None:
    to = ("-o", "-", "--application", "odd", "--format")
    file = configured(tmp_path, SETTINGS + ADMIN)
    shutil.copy(folder / "outring.db", tmp_path)
    async with serving(file) as outring:
        remote = ("--url", outring.url, "--token")
        for form in ("csv", "jsonl"):
            told = await export(folder, *to, form, *remote, ADMIN_TOKEN)
            assert told == await export(folder, *to, form)
        status, out, err = await export(folder, *to, "csv", *remote, "wrong")

    assert (status, out) == (1, "")
    assert "token" in err


async def test_filters_are_those_of_the_list(folder: Path) -> None:
    status, out, _ = await export(
        folder, "-o", "-", "--format", "jsonl", "--application", "odd"
    )

    assert status == 0
    assert len(out.splitlines()) == COUNT // 2


async def test_a_file_that_exists_is_replaced_by_force_only(
    folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "calls.csv"
    file.write_text("mine")

    status, _, err = await export(folder, "-o", str(file))
    assert (status, file.read_text()) == (2, "mine")
    assert "exists already: say --force to replace it." in err
    status, _, _ = await export(folder, "-o", str(file), "--force")
    assert (status, file.read_text()[:13]) == (0, "callIndexFull")


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (("--application", "od"), 2, "There is no application od"),
        (("--since", "yesterday"), 2, "yesterday is neither a time"),
        (("--format", "xml"), 2, "xml"),
    ],
)
async def test_no_file_is_left_of_what_is_refused(
    folder: Path,
    tmp_path: Path,
    arguments: tuple[str, ...],
    status: int,
    sentence: str,
) -> None:
    found, _, err = await export(folder, "-o", str(tmp_path / "calls"), *arguments)

    assert found == status
    assert sentence in err
    assert not list(tmp_path.iterdir())


async def test_a_folder_that_is_not_there(folder: Path, tmp_path: Path) -> None:
    status, _, err = await export(folder, "-o", str(tmp_path / "no/calls"))

    assert status == 1
    assert "cannot be written: No such file or directory." in err
