"""The events that tell a document of a connection, made of what its call reports."""

from typing import Any

import pytest

from ccxml.events import Event
from engine.applications.connection_events import ConnectionEvents, reason_of
from engine.model.result import RefusedError, Result
from sip.call_progress import ProgressType
from sip.events import Digit, Ended, LegId, Origin, Times
from sip.media import Dtmf
from sip.message import Response
from sip.network_tones import ToneType, ToneVerdict

LEG = LegId("leg")
TO = '"Ada" <sip:b@example.com>;tag=7'


def events() -> ConnectionEvents:
    return ConnectionEvents("C", local="4711", remote="sip:b@example.com")


def response(status: int, reason: str, *, sdp: bool = False) -> Response:
    content = "Content-Type: application/sdp\r\n" if sdp else ""
    head = f"SIP/2.0 {status} {reason}\r\nTo: {TO}\r\n{content}\r\n"
    return Response(status, head.encode())


def test_local_is_the_from_that_was_sent() -> None:
    head = b'SIP/2.0 180 Ringing\r\nFrom: "A" <sip:4711@here.example:5060>;tag=1\r\n'
    made = ConnectionEvents("C", local=None, remote="+4912")
    assert "local" not in made.properties
    assert made.remote_uri == "tel:+4912"

    made.make_progressing(Response(180, head + f"To: {TO}\r\n\r\n".encode()))

    assert made.properties["local"] == "sip:4711@here.example:5060"
    assert made.remote_uri == "sip:b@example.com"
    assert made.properties["protocol"]["version"] == "2.0"


def test_a_from_that_is_no_uri_is_not_shown() -> None:
    made = events()
    made.make_progressing(Response(180, b"SIP/2.0 180 OK\r\nFrom: x y\r\n\r\n"))
    assert made.properties["local"] == "4711"


def ended(status: int, origin: Origin, answer: Response | None = None) -> Ended:
    return Ended(LEG, status, "why", origin, answer, Times())


def short(event: Event) -> tuple[str, Any]:
    return event.name, event.fields.get("reason")


def test_a_response_is_shown_with_its_headers() -> None:
    event = events().make_progressing(response(183, "Session Progress", sdp=True))
    info, sip = event.fields["info"], event.fields["connection"]["protocol"]["sip"]

    assert event.name == "connection.progressing"
    assert (info["status"], info["reason"]) == (183, "Session Progress")
    assert info["earlymedia"] is True
    assert sip["to_hdr"] == sip["to"] == {"value": TO, "tag": "7"}


def test_an_event_has_the_headers_of_the_latest_response() -> None:
    made = events()
    made.make_connected(response(200, "OK"))
    event = made.make_digit(Digit(LEG, "5", Dtmf.RFC4733, 0.0))

    assert event.fields["info"] == {"digit": "5", "how": "rfc4733"}
    assert event.fields["connection"]["protocol"]["sip"]["to"]["value"] == TO


def test_the_answer_is_not_taken_apart_again_at_the_end() -> None:
    made, answer = events(), response(200, "OK")

    shown = [
        event.fields["connection"]["protocol"]["sip"]
        for event in (
            made.make_connected(answer),
            made.make_disconnected(ended(200, Origin.REMOTE, answer)),
        )
    ]

    assert shown[0] is shown[1]
    assert shown[1]["to"]["value"] == TO


@pytest.mark.parametrize(
    ("end", "was_dropped", "reason"),
    [
        (ended(486, Origin.REMOTE), False, "busy"),
        (ended(480, Origin.REMOTE), False, "noanswer"),
        (ended(404, Origin.REMOTE), False, "noroute"),
        (ended(500, Origin.REMOTE), False, "sip:500"),
        (ended(487, Origin.LOCAL_CANCEL), False, "noanswer"),  # the ring limit
        (ended(487, Origin.LOCAL_CANCEL), True, "near_end_disconnect"),
        (ended(486, Origin.REMOTE), True, "near_end_disconnect"),
    ],
)
def test_why_a_call_was_not_answered(
    end: Ended, was_dropped: bool, reason: str
) -> None:
    event = events().make_failed(end, was_dropped=was_dropped)

    assert short(event) == ("connection.failed", reason)


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [
        (ToneVerdict.BUSY, "busy"),
        (ToneVerdict.CONGESTION, "congestion"),
        (ToneVerdict.UNREACHABLE, "noroute"),
        (None, "noanswer"),
    ],
)
def test_why_a_tone_has_ended_a_call(verdict: ToneVerdict | None, reason: str) -> None:
    ring_limit = ended(487, Origin.LOCAL_CANCEL)
    refused = ended(503, Origin.REMOTE)
    made = events()

    by_tone = made.make_failed(ring_limit, was_dropped=False, verdict=verdict)
    by_callee = made.make_failed(refused, was_dropped=False, verdict=verdict)
    by_document = made.make_failed(ring_limit, was_dropped=True, verdict=verdict)
    assert short(by_tone) == ("connection.failed", reason)
    assert short(by_callee) == ("connection.failed", "sip:503")
    assert short(by_document) == ("connection.failed", "near_end_disconnect")


def test_a_tone_is_a_signal() -> None:
    event = events().make_tone(ToneType.RINGBACK)

    assert (event.name, event.fields["info"]) == (
        "connection.signal",
        {"tone": "ringback"},
    )


@pytest.mark.parametrize(
    ("origin", "reason", "trigger"),
    [
        (Origin.REMOTE, "far_end_disconnect", "remote"),
        (Origin.LOCAL_CANCEL, "near_end_disconnect", "local"),
    ],
)
def test_who_has_hung_up(origin: Origin, reason: str, trigger: str) -> None:
    event = events().make_disconnected(ended(200, origin))

    assert short(event) == ("connection.disconnected", reason)
    assert event.fields["trigger"] == trigger


def test_a_call_that_we_refuse() -> None:
    refused = RefusedError(Result.NUMBER_DENIED, "It is on the list.")
    event = events().make_refused(refused)

    assert short(event) == ("connection.failed", Result.NUMBER_DENIED.text)
    assert event.fields["info"]["detail"] == "It is on the list."


def test_a_transfer_that_fails_says_why() -> None:
    made = events()

    assert short(made.make_redirect_failed(603, "Decline")) == (
        "connection.redirect.failed",
        "rejected",
    )
    merged = made.make_merge_failed("D", 486, "Busy Here")
    assert (merged.fields["connectionid1"], merged.fields["connectionid2"]) == (
        "C",
        "D",
    )


def test_what_has_answered_is_told_twice() -> None:
    kind = ProgressType.MACHINE.value
    ours, standard = events().make_answered_by(ProgressType.MACHINE)

    assert (ours.name, ours.fields["type"]) == ("bvr.callprogress", kind)
    assert standard.fields["info"] == {"callprogress": kind}


def test_reasons() -> None:
    assert [reason_of(status) for status in (486, 600, 408, 403, 484, 503)] == [
        *("busy", "busy", "noanswer", "rejected", "noroute", "sip:503"),
    ]
