"""Hints for call progress detection, and how its findings travel."""

from typing import Any

import msgspec
import pytest

from ccxml.commands import PlaceCall
from engine.applications.createcall import request_of_createcall
from engine.cluster.messages import OutcomeMessage
from engine.model.call_progress import (
    CallProgressEvent,
    CallProgressRequest,
    CallProgressResult,
    ProgressHint,
    ProgressOutcome,
    progress_of,
)
from engine.model.outbound_request import OutboundRequest, request_of
from engine.model.result import OutboundOutcome, Result
from sip.call_progress import AnsweredBy, Detection, ProgressType, ThresholdMode
from sip.events import CallProgress, LegId

T = ProgressType
TO = "sip:somebody@127.0.0.1"


def wanted(**members: Any) -> CallProgressRequest:
    return progress_of(msgspec.convert(members, ProgressHint))


def test_an_empty_hint_looks_for_machines_with_the_documented_limits() -> None:
    detection = wanted().detection

    assert wanted().events == set(T)
    assert (detection.finds_machines, detection.finds_fax) == (True, False)
    assert (detection.threshold_mode, detection.threshold) == (
        ThresholdMode.OFFSET,
        10_000,
    )
    assert (detection.voice_on_ms, detection.voice_off_ms) == (100, 1000)
    assert (detection.amd_ms, detection.max_run_ms) == (5000, 18_000)
    assert detection.beep_on_ms == 120


def test_every_member() -> None:
    assert wanted(
        enabled=" FAX, amd",
        events="amd_unknown, amd_Machine",
        terminationevents="",
        thresholdmode="fixed",
        threshold="5000",
        voiceontime="200ms",
        voiceofftime="0.5s",
        amdtime="8s",
        maxruntime="60s",
        beepontime="100ms",
        beepofftime="0s",
        spokentime="3s",
        doubttime="1s",
        doubtofftime="2s",
        silencetime="4s",
        beepmodulation=10,
    ) == CallProgressRequest(
        Detection(
            finds_machines=True,
            finds_fax=True,
            threshold_mode=ThresholdMode.FIXED,
            threshold=5000,
            voice_on_ms=200,
            voice_off_ms=500,
            amd_ms=8000,
            max_run_ms=60_000,
            beep_on_ms=100,
            beep_off_ms=0,
            spoken_ms=3000,
            doubt_ms=1000,
            doubt_off_ms=2000,
            silence_ms=4000,
            beep_modulation=10,
            ends_on=frozenset(),
        ),
        frozenset((T.UNKNOWN, T.MACHINE)),
    )


def test_a_ratio_has_a_threshold_of_its_own() -> None:
    assert wanted(thresholdmode="ratio").detection.threshold == 25
    assert wanted(thresholdmode="ratio", threshold=100).detection.threshold == 100


@pytest.mark.parametrize(
    "members",
    [
        {"enabled": ""},
        {"enabled": "amd, sms"},
        {"events": "amd_dog"},
        {"terminationevents": "amd_human; fax"},
        {"thresholdmode": "Offset"},
        {"threshold": -1},
        {"threshold": "much"},
        {"threshold": 2.0**31},
        {"thresholdmode": "ratio", "threshold": 101},
        {"amdtime": "5"},
        {"amdtime": 5},
        {"amdtime": "-5s"},
        {"maxruntime": "601s"},
        {"maxruntime": "9" * 400 + "s"},
        {"beepmodulation": 101},
        {"amd": "yes"},
    ],
)
def test_what_is_wrong_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):  # msgspec's is one, too
        wanted(**members)


def asked(action: str) -> OutboundRequest:
    fields = {"action": action, "to": TO, "hints": {"bvr_callprogress": {}}}
    return request_of(fields, as_text=False)


def placed(asked: OutboundRequest, **hints: Any) -> CallProgressRequest | None:
    order = PlaceCall("1", TO, None, None, None, hints, None, "both")
    return request_of_createcall(order, asked).call_progress


def test_calls_of_an_application_inherit_the_hint_but_not_that_of_one_call() -> None:
    of_call, of_start = asked("makeCall"), asked("startApplication")

    assert of_call.call_progress == CallProgressRequest()
    assert placed(of_call) is None
    assert placed(of_call, bvr_callprogress={}) == CallProgressRequest()
    assert placed(of_start) == CallProgressRequest()
    assert placed(of_start, bvr_callprogress=None) is None


def found(type_: ProgressType | None) -> CallProgress:
    return CallProgress(LegId("1"), type_, 0.0, is_last=type_ is None)


def test_findings_come_to_a_verdict() -> None:
    findings = CallProgressResult()

    findings.add(found(T.POTENTIAL_MACHINE), 5.0)
    assert findings.verdict is None
    findings.add(found(T.MACHINE), 7.25)
    findings.add(found(None), 18.0)

    assert findings.verdict is AnsweredBy.MACHINE
    assert findings.events == [
        CallProgressEvent(T.POTENTIAL_MACHINE, 5.0),
        CallProgressEvent(T.MACHINE, 7.25),
    ]
    assert ProgressOutcome.of(findings, answered=1.0) == ProgressOutcome(
        "machine", (("amd_potentialmachine", 4000.0), ("amd_machine", 6250.0))
    )


@pytest.mark.parametrize(
    "outcome",
    [None, ProgressOutcome(None, ()), ProgressOutcome("fax", (("fax", 900.5),))],
)
def test_answers_carry_it_from_node_to_node(outcome: ProgressOutcome | None) -> None:
    answer = OutboundOutcome(
        Result.CALL_CONNECTED, "u", timings_ms={}, call_progress=outcome
    )
    message = msgspec.msgpack.encode(OutcomeMessage.of(answer))

    read = msgspec.msgpack.decode(message, type=OutcomeMessage)
    assert read.to_outcome() == answer
