"""Contacts as clients give them: what is read of a line, and what is refused with which words."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from engine.campaigns.contact_lines import (
    MAX_PARAMETERS_BYTES,
    ReadLine,
    csv_reader,
    read_ndjson,
)
from engine.model.campaign import NewContact

BERLIN = "+4930123456"


def ndjson(*objects: dict[str, Any]) -> list[ReadLine]:
    lines = [json.dumps(it).encode() for it in objects]
    return list(read_ndjson(enumerate(lines, 1)))


def of_csv(header: str, *lines: str) -> list[ReadLine]:
    return list(csv_reader(header)(enumerate((it.encode() for it in lines), 2)))


def test_a_contact_with_everything() -> None:
    (line,) = ndjson(
        {
            "key": "c1",
            "to": [BERLIN, "030 654321"],
            "zone": "Europe/Berlin",
            "region": "DE",
            "priority": 9,
            "not_before": "2026-12-01T09:00:00+01:00",
            "not_after": "2026-12-02",
            "parameters": {"name": "Ada"},
        }
    )

    assert line.contact == NewContact(
        key="c1",
        numbers=(BERLIN, "+4930654321"),
        zone="Europe/Berlin",
        region="DE",
        priority=9,
        not_before=1_796_112_000.0,
        not_after=1_796_169_600.0,
        parameters='{"name":"Ada"}',
    )


def test_what_is_not_given_is_left_out_and_empty_lines_are_passed_over() -> None:
    lines = [b"", b'{"key":"c1","to":"+4930123456"}', b"  "]

    assert list(read_ndjson(enumerate(lines, 1))) == [
        ReadLine(2, NewContact("c1", (BERLIN,)))
    ]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"to": BERLIN}, "Object missing required field `key`."),
        ({"key": "c"}, "Object missing required field `to`."),
        ({"key": "c", "to": []}, "Expected `array` of length >= 1 - at `$.to`."),
        ({"key": "c", "to": "030 1"}, "030 1 has no plus and country code"),
        ({"key": "c", "to": BERLIN, "zone": "Mars/Base"}, "no time zone Mars/Base."),
        ({"key": "c", "to": BERLIN, "priority": 10}, "`int` <= 9 - at `$.priority`."),
        ({"key": "c\x00", "to": BERLIN}, "matching regex"),
        ({"key": "c", "to": BERLIN, "region": "D\x00"}, "matching regex"),
        ({"key": "c", "to": BERLIN, "region": "de"}, "matching regex"),
        ({"key": "c", "to": BERLIN, "not_after": "soon"}, "not_after is no time"),
        (
            {"key": "c", "to": BERLIN, "not_after": "9999-12-31T23:59:59-14:00"},
            "not_after is not within the years",
        ),
        (
            {"key": "c", "to": BERLIN, "not_before": "0001-01-01T00:00+14:00"},
            "not_before is not within the years",
        ),
        (
            {
                "key": "c",
                "to": BERLIN,
                "not_before": "2026-12-02",
                "not_after": "2026-12-01",
            },
            "Its not_after is not after its not_before.",
        ),
        ({"key": "c", "to": BERLIN, "zoen": "x"}, "unknown field `zoen`."),
        (
            {
                "key": "c",
                "to": BERLIN,
                "parameters": {"x": "y" * MAX_PARAMETERS_BYTES},
            },
            f"Its parameters have more than {MAX_PARAMETERS_BYTES} bytes.",
        ),
    ],
)
def test_what_is_wrong_is_said_with_the_line(
    wrong: dict[str, Any], reason: str
) -> None:
    good, bad = ndjson({"key": "a", "to": BERLIN}, wrong)

    assert good.contact is not None
    assert bad.contact is None
    assert bad.refused().line == 2
    assert reason in bad.refused().reason


def test_what_is_no_json_is_refused() -> None:
    (line,) = read_ndjson([(7, b"key,to")])

    assert line.refused().reason.startswith("JSON is malformed")


def test_csv_has_numbers_in_several_columns_and_all_others_are_parameters() -> None:
    (line,) = of_csv(
        "key,to,to2,priority,name", f'c1,{BERLIN};+4930654321,+4930777777,3,"Ada, L."'
    )

    assert line.contact == NewContact(
        key="c1",
        numbers=(BERLIN, "+4930654321", "+4930777777"),
        priority=3,
        parameters='{"name":"Ada, L."}',
    )


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("name,to", "The first line names no column key."),
        ("", "The first line names no column key and no column to."),
        ("key,to,key", "The first line names a column twice."),
        ("key,to\rname,x", "new-line character seen in unquoted field"),
    ],
)
def test_a_csv_whose_header_does_not_do(header: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        csv_reader(header)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ("c1", "It has 1 columns, and the first line 3."),
        (f'c1,{BERLIN},"x', "unexpected end of data."),
        (f"c1,{BERLIN},high", "Expected `int`, got `str` - at `$.priority`."),
        ("c1,,1", "Expected `array` of length >= 1 - at `$.to`."),
    ],
)
def test_a_line_of_csv_that_does_not_fit(cells: Sequence[str], reason: str) -> None:
    (line,) = of_csv("key,to,priority", str(cells))

    assert line.refused().reason == reason
