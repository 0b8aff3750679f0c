"""``docs/results.md``: every result, and the others are tested where they are decided."""

import re

from engine.model.fault import Fault, fault_of_result
from engine.model.result import Result
from tests.documented import Page


def test_table_of_results() -> None:
    section = Page("results.md").section("## Results")
    rows = re.findall(r"^\| `([^`]+)` \| (\d{3}) \|", section, re.MULTILINE)

    assert rows == [(result.text, str(int(result.http_status))) for result in Result]


def test_no_two_results_share_a_text() -> None:
    assert len({result.text for result in Result}) == len(Result)


def test_whose_fault_is_described() -> None:
    section = Page("results.md").section("## Whose fault")
    rows = {
        fault: set(re.findall(r"`([A-Z][^`]+)`", results))
        for fault, results in re.findall(
            r"^\| `(\w+)` \|(.*?)\|", section, re.MULTILINE
        )
        if fault in set(Fault)
    }

    assert rows.keys() == set(Fault)
    for result in Result:
        fault = fault_of_result(result)
        named = {row for row in rows if result.text in rows[row]}
        assert named == ({fault} - {None}), result
