"""Native events become values: every kind, and nothing copied by hand that C++ says otherwise."""

import re
from pathlib import Path

import pytest

from sip import call_progress
from sip.agent import PingResult
from sip.call_progress import SoundInterval, ThresholdMode
from sip.events import Digit, LateMessages, LegId, Played, Recorded
from sip.leg_tracker import Cause
from sip.malformed import Outcome
from sip.media import Dtmf, Stop
from sip.network_tones import ToneInterval
from sip.pjsip.native_events import (
    CAUSES,
    DIGIT_PATHS,
    ByeReceived,
    Disconnected,
    Kind,
    LateAnswer,
    MediaChanged,
    MediaSilent,
    MessageMalformed,
    NativeEvent,
    PingAnswered,
    ReferDone,
    RefreshRefused,
    ReinviteUnacknowledged,
    RequestSent,
    ResolveRequest,
    ResponseReceived,
    SdpRefused,
    ServerRefused,
    SoundHeard,
    ToneHeard,
    read_event,
)

NATIVE = Path(__file__).parents[3] / "sip/native"
LEG = LegId("a leg")


def read_enum(header: str, name: str) -> dict[str, int]:
    """Return the members of ``enum name`` in *header*; an empty *name* for one without."""
    text = re.sub(r"/\*.*?\*/", "", (NATIVE / header).read_text(), flags=re.DOTALL)
    (body,) = re.findall(rf"enum {name}\s*{{([^}}]*)}}", text)
    return {name: int(value) for name, value in re.findall(r"(\w+) = (\d+)", body)}


def test_kinds_are_those_of_native_code() -> None:
    assert {kind.name: kind.value for kind in Kind} == read_enum(
        "event_queue.hpp", "Kind"
    )


def test_causes_are_those_of_native_code() -> None:
    native = read_enum("native_state.hpp", "Cause")
    assert {cause.name: CAUSES.index(cause) for cause in Cause} == native


def test_ways_of_digits_are_those_of_native_code() -> None:
    native = read_enum("digit_paths.hpp", "class DigitPath")
    ours = (Dtmf.RFC4733, Dtmf.INFO, Dtmf.INBAND)
    assert ours == DIGIT_PATHS
    assert native == {"EVENT": 0, "INFO": 1, "INBAND": 2}


def test_outcomes_are_those_of_native_code() -> None:
    native = read_enum("malformed.hpp", "Outcome")
    assert {name: [*Outcome].index(Outcome[name]) for name in native} == native
    assert len(native) == len(Outcome)


def test_threshold_modes_and_sounds_are_those_of_native_code() -> None:
    native = read_enum("energy_meter.hpp", "ThresholdMode")
    assert {mode.name: mode.value for mode in ThresholdMode} == native
    sounds = {"SILENCE": call_progress.SILENCE, "VOICE": call_progress.VOICE}
    assert read_enum("energy_meter.hpp", "") == sounds


def test_ends_of_plays_are_those_of_native_code() -> None:
    text = (NATIVE / "recorder.hpp").read_text()
    (names,) = re.findall(r"names\[\] = {([^}]*)}", text)
    assert re.findall(r'"(\w+)"', names) == [*Stop]


@pytest.mark.parametrize(
    ("kind", "fields", "event"),
    [
        (
            Kind.STATE,
            (2, 408, "Timeout", b""),
            Disconnected(LEG, 1.5, Cause.TIMER, 408, "Timeout"),
        ),
        (
            Kind.MESSAGE,
            (1, 0, "BYE", b"because"),
            RequestSent(LEG, 1.5, "BYE", "because"),
        ),
        (
            Kind.MESSAGE,
            (0, 183, "INVITE", b"SIP/2.0 183 \xff"),
            ResponseReceived(LEG, 1.5, "INVITE", 183, b"SIP/2.0 183 \xff"),
        ),
        (Kind.MESSAGE, (0, 0, "BYE", b"Q.850\xe4"), ByeReceived(LEG, 1.5, "Q.850ä")),
        (Kind.QUERY, (7, 0, "UDP", b""), ResolveRequest(7, LEG, None, "udp")),
        (Kind.QUERY, (7, 5062, "TLS", b""), ResolveRequest(7, LEG, 5062, "tls")),
        (Kind.PONG, (7, 200, "", b""), PingAnswered(7, PingResult(200))),
        (Kind.PONG, (7, 503, "9", b""), PingAnswered(7, PingResult(503, 9.0))),
        (Kind.MEDIA, (0, 0, "", b""), MediaChanged(LEG)),
        (Kind.REFERRED, (0, 603, "Decline", b""), ReferDone(LEG, 603, "Decline")),
        (Kind.DIGIT, (0, 0, "#", b""), Digit(LEG, "#", Dtmf.RFC4733, 1.5)),
        (Kind.DIGIT, (1, 0, "1", b""), Digit(LEG, "1", Dtmf.INFO, 1.5)),
        (Kind.DIGIT, (2, 0, "A", b""), Digit(LEG, "A", Dtmf.INBAND, 1.5)),
        (Kind.TONE, (425, 40, "", b""), ToneHeard(LEG, ToneInterval(425, 0, 40))),
        (
            Kind.TONE,
            (620 << 16 | 480, 40, "", b""),
            ToneHeard(LEG, ToneInterval(480, 620, 40)),
        ),
        (
            Kind.PLAYED,
            (3, 250, "failed", b"no \xff"),
            Played(LEG, 3, Stop.FAILED, 250, "no \ufffd"),
        ),
        (
            Kind.RECORDED,
            (3, 250, "limit", b""),
            Recorded(LEG, 3, Stop.LIMIT, 250),
        ),
        (
            Kind.RECORDED,
            (3, 250, "digit", b"quiet"),
            Recorded(LEG, 3, Stop.DIGIT, 250, is_quiet=True),
        ),
        (Kind.HEARD, (440, 60, "", b""), SoundHeard(LEG, SoundInterval(440, 60))),
        (
            Kind.SDP,
            (1, 200, "INVITE", b"no audio"),
            SdpRefused(LEG, "200 INVITE", "no audio", is_last=True),
        ),
        (
            Kind.SDP,
            (0, 0, "UPDATE", b"no audio"),
            SdpRefused(LEG, "UPDATE", "no audio", is_last=False),
        ),
        (
            Kind.UNTRUSTED,
            (0, 0, "expired", b"192.0.2.1:5061"),
            ServerRefused(LEG, "192.0.2.1:5061", "expired"),
        ),
        (Kind.SILENT, (0, 1500, "", b""), MediaSilent(LEG, 1.5)),
        (
            Kind.MALFORMED,
            (2, 9, "INVITE", b"Via \xe4"),
            MessageMalformed(LEG, "INVITE", "Via ä", 2, 9),
        ),
        (Kind.UNACKNOWLEDGED, (0, 0, "", b""), ReinviteUnacknowledged(LEG)),
        (Kind.REFRESH_REFUSED, (0, 5, "", b""), RefreshRefused(LEG, 1.5, 5)),
        (Kind.LATE_ANSWER, (0, 0, "", b""), LateAnswer(LEG)),
        (Kind.LATE_MESSAGES, (0, 0, "", b"a\t1\n"), LateMessages(LEG, "a\t1\n")),
    ],
)
def test_every_kind_is_read(
    kind: Kind, fields: tuple[int, int, str, bytes], event: NativeEvent
) -> None:
    assert read_event((kind, 1.5, LEG, *fields)) == event


def test_no_kind_is_left_out() -> None:
    for kind in Kind:
        assert read_event((kind, 0.0, "", 0, 0, "failed", b""))
