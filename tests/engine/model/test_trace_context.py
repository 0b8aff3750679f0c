"""The trace that a request belongs to (W3C Trace Context §3.2)."""

import pytest

from engine.model.trace_context import (
    TraceContext,
    normalize_traceparent,
    read_traceparent,
)

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.mark.parametrize(
    ("flags", "is_sampled"), [("00", False), ("01", True), ("02", False), ("03", True)]
)
def test_a_trace(flags: str, is_sampled: bool) -> None:
    text = f"00-{TRACE}-{PARENT}-{flags}"

    assert read_traceparent(text) == TraceContext(TRACE, PARENT, is_sampled)


def test_a_later_version_may_have_more() -> None:
    assert read_traceparent(f"cc-{TRACE}-{PARENT}-01-what") is not None


def test_what_is_passed_on_is_of_the_version_that_is_known() -> None:
    text = f"00-{TRACE}-{PARENT}-03"

    assert normalize_traceparent(text) == text
    for flags, known in (("03", "01"), ("fe", "00")):
        later = f"cc-{TRACE}-{PARENT}-{flags}-\udcff\t" + "x" * 4000
        assert normalize_traceparent(later) == f"00-{TRACE}-{PARENT}-{known}"
    assert normalize_traceparent("00-1-2-01") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"00-{TRACE}-{PARENT}",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-{PARENT}-01-more",
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-01\n",
    ],
)
def test_what_is_not_valid_is_nothing(text: str) -> None:
    assert read_traceparent(text) is None
