"""The page of conformance: each test of the suites, and what has become of it here."""

from collections.abc import Iterator
from pathlib import Path

from .caller import Verdict, run
from .expectations import (
    CHANGES,
    GRAMMARS_ABOUT,
    GRAMMARS_NOT_APPLICABLE,
    HEARD,
    LACKING,
    NOT_APPLICABLE,
    ON_CALLS,
    SILENT_ENDS,
    TRANSFERS,
)
from .grammars import grammars, judge
from .suite import ROOT, Suite, suites

PAGE = ROOT / "docs/conformance.md"
ON_A_CALL = "pass, on a call too"
MARK = "<!-- python -m tests.vxml.w3c writes from here -->\n"


def made_page() -> str:
    """The page as it is, with its tables made anew."""
    head = PAGE.read_text().partition(MARK)[0]
    return f"{head}{MARK}\n" + "\n".join(_lines())


def _lines() -> Iterator[str]:
    for suite in suites():
        yield from _table(
            suite.name,
            "elements that it is about",
            [
                (
                    _id_of(entry),
                    ", ".join(_code(suite.elements(entry))),
                    _fate(suite, entry),
                )
                for entry in sorted(suite.entries, key=_order)
            ],
        )
    yield from _table(
        "SRGS 1.0, XML form",
        "what it is about",
        [
            (path.stem, GRAMMARS_ABOUT[path.name], _fate_of_grammar(path))
            for path in grammars()
        ],
    )


def _table(name: str, about: str, rows: list[tuple[str, str, str]]) -> Iterator[str]:
    passed = sum(fate.startswith("pass") for *_, fate in rows)
    left = sum(fate.startswith("not applicable") for *_, fate in rows)
    called = sum(fate.startswith(ON_A_CALL) for *_, fate in rows)
    yield f"## {name}\n"
    on_calls = f", {called} of them on a call, too" if called else ""
    yield f"{len(rows)} tests: {passed} pass{on_calls}; {left} do not apply.\n"
    yield f"| test | {about} | |\n|---|---|---|"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def _fate(suite: Suite, entry: str) -> str:
    if entry in NOT_APPLICABLE:
        return f"not applicable: {NOT_APPLICABLE[entry]}"
    verdict, remark = run(suite, entry), _remark(suite, entry)
    return _told(verdict, remark, ON_A_CALL if entry in ON_CALLS else "pass")


def _fate_of_grammar(path: Path) -> str:
    if path.name in GRAMMARS_NOT_APPLICABLE:
        return f"not applicable: {GRAMMARS_NOT_APPLICABLE[path.name]}"
    return _told(judge(path))


def _told(verdict: Verdict, remark: str = "", passed: str = "pass") -> str:
    if not verdict.has_passed:
        return f"fail: {verdict.why}"
    return f"{passed}{remark and ': '}{remark}"


def _remark(suite: Suite, entry: str) -> str:
    if entry in HEARD:
        return "by what is heard"
    if entry in SILENT_ENDS:
        return "since it ends"
    if entry in TRANSFERS:
        return "the transfer ends as its text wants it"
    text = suite.files[entry].read_text()
    if entry in CHANGES or any(name in text for name in LACKING):
        return "with what copying has spoilt put right"
    return ""


def _id_of(entry: str) -> str:
    return Path(entry).stem


def _order(entry: str) -> tuple[int, str]:
    digits = "".join(filter(str.isdigit, _id_of(entry)[:14])) or "0"
    return int(digits), entry


def _code(names: list[str]) -> list[str]:
    return [f"`{name}`" for name in names]
