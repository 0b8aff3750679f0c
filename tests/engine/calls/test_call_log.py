"""What the two log lines of a call say."""

import logging
from typing import Any
from unittest.mock import Mock

import pytest
import structlog

from engine.calls.call_log import log_began, log_ended
from engine.calls.call_session import CallSession
from sip.call_progress import ProgressType
from sip.events import CallProgress
from tests.engine.calls.sessions import (
    BUSY,
    dial,
    make_agent,
    make_answered,
    make_candidate,
    make_ended,
)


def logged_end(session: CallSession) -> dict[str, Any]:
    with structlog.testing.capture_logs() as lines:
        log_ended(session.record(), session.legs)
    (line,) = lines
    return dict(line)


async def test_a_call_that_begins() -> None:
    session = await dial(make_agent())
    with structlog.testing.capture_logs() as lines:
        log_began(session, "node")

    assert lines == [
        {
            "event": "call_began",
            "log_level": "info",
            "applicationUUID": "uuid",
            "callId": session.leg_id,
            "application": "hello",
            "account": "acme",
            "node": "node",
            "to": "sip:anna@callee.example",
            "proxy": None,
        }
    ]


async def test_the_end_of_an_answered_call() -> None:
    hints = {"bvr_callprogress": {"enabled": "amd"}}
    session = await dial(make_agent(), make_candidate(hints=hints))
    session.receive(answered := make_answered(session.leg_id))
    session.receive(CallProgress(session.leg_id, ProgressType.HUMAN, 106.0, False))
    answered.times.ended = 110.00016
    session.receive(make_ended(session.leg_id, times=answered.times))

    assert logged_end(session) == {
        "event": "call_ended",
        "log_level": "info",
        "applicationUUID": "uuid",
        "callId": session.leg_id,
        "application": "hello",
        "account": "acme",
        "result": "Call connected",
        "disposition": "answered",
        "hangupBy": "callee",
        "status": 200,
        "origin": "remote",
        "attempts": 1,
        "forced": False,
        "answeredBy": "human",
        "queued_ms": 2000.0,
        "setup_ms": 1000.0,
        "answer_ms": 3000.0,
        "talk_ms": 5000.2,
        "total_ms": 10_000.2,
    }


async def test_the_end_of_a_call_that_failed_names_no_talk_and_nobody() -> None:
    session = await dial(make_agent())
    session.receive(make_ended(session.leg_id, BUSY))
    line = logged_end(session)

    assert (line["result"], line["status"]) == ("Call failed", 486)
    assert not {"talk_ms", "answer_ms", "answeredBy"} & line.keys()


def test_neither_is_put_together_where_the_log_leaves_it_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not even looked at: what is given here has no field."""
    warnings = structlog.make_filtering_bound_logger(logging.WARNING)
    log = structlog.wrap_logger(None, wrapper_class=warnings)
    monkeypatch.setattr("engine.calls.call_log.log", log)

    log_began(Mock(spec=()), "node")
    log_ended(Mock(spec=()), Mock(spec=()))
