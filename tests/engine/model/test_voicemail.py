"""The hint voicemail: what it asks for, what is wrong with it, and what is decided."""

import pytest

from engine.model.call_progress import VoicemailCue
from engine.model.outbound_request import OutboundRequest, request_of
from engine.model.result import RefusedError
from engine.model.voicemail import (
    ANYBODY,
    CUES,
    SCREEN_S,
    Screening,
    VoicemailMessage,
    screen,
)
from sip.call_progress import AnsweredBy, ProgressType

T = ProgressType
SPEAK = {"onMachine": "speak", "text": "Hello."}


def asked(
    voicemail: object, action: str = "makeCall", **hints: object
) -> OutboundRequest:
    fields = {"action": action, "to": "sip:bob@127.0.0.1"}
    hints = {"voicemail": voicemail, **hints}
    return request_of({**fields, "hints": hints}, as_text=False)


def test_hang_up() -> None:
    request = asked({"onMachine": "hangup"})

    assert request.voicemail is not None
    assert (request.voicemail.message, request.voicemail.screen_s) == (None, SCREEN_S)
    assert request.call_progress is not None
    assert request.call_progress.detection.ends_on == {
        *(T.HUMAN, T.BEEP, T.SILENCE, T.FAX)
    }
    assert request.call_progress.events == frozenset()


def test_speak() -> None:
    hint = {**SPEAK, "voice": "de", "maxWait": "40s", "silence": "2500ms"}
    request = asked(hint)

    assert request.voicemail is not None
    assert request.voicemail.message == VoicemailMessage(None, "Hello.", "de", 40)
    assert request.call_progress is not None
    detection = request.call_progress.detection
    assert detection.silence_ms == 2500
    assert detection.max_run_ms == (SCREEN_S + 40 + 1) * 1000


def test_limits_of_call_progress_hold_beside_it() -> None:
    progress = {"amdtime": "2s", "maxruntime": "7s", "events": "amd_human"}
    request = asked(SPEAK, bvr_callprogress=progress)

    assert request.voicemail is not None
    assert request.voicemail.screen_s == 7
    assert request.call_progress is not None
    assert request.call_progress.detection.amd_ms == 2000
    assert request.call_progress.detection.beep_on_ms == 120
    assert request.call_progress.events == {T.HUMAN}


@pytest.mark.parametrize(
    ("hint", "advice"),
    [
        ({}, "onMachine"),
        ({"onMachine": "wait"}, "wait"),
        ({"onMachine": "speak"}, "give either sound or text"),
        ({**SPEAK, "sound": "a.wav"}, "give either sound or text"),
        ({"onMachine": "hangup", "text": "Hello."}, "set onMachine to speak"),
        ({"onMachine": "hangup", "maxWait": "5s"}, "set onMachine to speak"),
        ({"onMachine": "speak", "sound": "a", "voice": "de"}, "or no voice"),
        ({**SPEAK, "maxWait": "301s"}, "from 1s to 300s"),
        ({**SPEAK, "maxWait": "0s"}, "from 1s to 300s"),
        ({**SPEAK, "silence": "61s"}, "from 1s to 60s"),
        ({**SPEAK, "silence": "4"}, "silence"),
        ({**SPEAK, "text": ""}, "text"),
        ({**SPEAK, "text": "x" * 2001}, "text"),
        ({**SPEAK, "beep": True}, "beep"),
        ("speak", "voicemail"),
    ],
)
def test_what_is_wrong_is_refused_with_what_to_do(hint: object, advice: str) -> None:
    with pytest.raises(RefusedError) as refused:
        asked(hint)

    assert advice in str(refused.value.detail)


def test_where_there_is_no_voicemail() -> None:
    with pytest.raises(RefusedError, match="needs amd"):
        asked(SPEAK, bvr_callprogress={"enabled": "fax"})
    with pytest.raises(RefusedError, match=r"voicemail-drop\.ccxml"):
        asked(SPEAK, action="startApplication")


DECISIONS: list[tuple[ProgressType | None, Screening]] = [
    (T.HUMAN, Screening.OTHER),
    (T.FAX, Screening.OTHER),
    (T.UNKNOWN, Screening.OTHER),
    (None, Screening.OTHER),
    (T.POTENTIAL_BEEP, Screening.UNDECIDED),
    (T.POTENTIAL_MACHINE, Screening.MACHINE),
    (T.MACHINE, Screening.MACHINE),
    (T.BEEP, Screening.MACHINE),
    (T.SILENCE, Screening.MACHINE),
]


@pytest.mark.parametrize(("found", "decision"), DECISIONS)
def test_what_a_finding_decides(
    found: ProgressType | None, decision: Screening
) -> None:
    assert screen(found) is decision


def test_whom_an_application_takes_it_gets() -> None:
    assert screen(T.MACHINE, ANYBODY) is Screening.OTHER
    assert screen(T.POTENTIAL_MACHINE, ANYBODY) is Screening.UNDECIDED
    humans = frozenset((AnsweredBy.HUMAN,))
    assert screen(T.HUMAN, humans) is Screening.OTHER
    assert {screen(it, humans) for it in (T.FAX, T.UNKNOWN, None)} == {
        Screening.MACHINE
    }


def test_cues_are_told_apart() -> None:
    assert CUES == {T.BEEP: VoicemailCue.BEEP, T.SILENCE: VoicemailCue.SILENCE}


def test_every_finding_is_decided() -> None:
    assert {found for found, _ in DECISIONS} == {None, *T}
