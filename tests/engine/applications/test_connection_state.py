"""The truth table of what happens to a connection and what its document is told."""

import pytest

from engine.applications.connection_state import (
    ConnectionCause,
    ConnectionReport,
    ConnectionState,
    transition,
)

TABLE = {
    # in             provisional                answered               merge begun  merge failed           merged           call ended
    "calling":        ("progressing progressing", "connected connected", "",          "",                    "",              "ended failed"),
    "progressing":    ("progressing signal",      "connected connected", "",          "",                    "",              "ended failed"),
    "connected":      ("",                        "",                    "merging",   "",                    "merged merged", "ended disconnected"),
    "merging":        ("",                        "",                    "",          "connected",           "merged merged", "ended_in_merge hold_end"),
    "ended_in_merge": ("",                        "",                    "",          "ended held_end", "ended merged",  ""),
    "merged":         ("",                        "",                    "",          "",                    "",              "ended"),
    "ended":          ("",                        "",                    "",          "",                    "",              ""),
}  # fmt: skip
"""The next state, and the event; empty: what is late changes and reports nothing."""

CASES = [
    pytest.param(state, cause, expected, id=f"{state}-{cause.name.lower()}")
    for state, row in TABLE.items()
    for cause, expected in zip(ConnectionCause, row, strict=True)
]


@pytest.mark.parametrize(("state", "cause", "expected"), CASES)
def test_transition(state: str, cause: ConnectionCause, expected: str) -> None:
    after, report = transition(ConnectionState[state.upper()], cause)

    names = (
        [after.name]
        if report is ConnectionReport.NOTHING
        else [after.name, report.name]
    )
    assert " ".join(names).lower() == (expected or state)


def test_table_names_every_state() -> None:
    assert set(TABLE) == {state.name.lower() for state in ConnectionState}
