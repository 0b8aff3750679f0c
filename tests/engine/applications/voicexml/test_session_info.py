"""What a VoiceXML session knows of its call."""

from engine.applications.connection_events import ConnectionEvents
from engine.applications.voicexml.session_info import session_info_of
from sip.message import Response

RESPONSE = (
    b"SIP/2.0 180 Ringing\r\nCall-ID: 7@Here\r\nTo: <sip:a@b.example>;tag=2\r\n\r\n"
)


def test_headers_are_texts_by_names_in_small_letters() -> None:
    connection = ConnectionEvents("c-1", local=None, remote="sip:a@b.example")
    connection.make_progressing(Response(180, RESPONSE))
    sip = session_info_of("d-1", connection, None, {}).connection["protocol"]["sip"]

    assert sip["headers"] == {"call-id": "7@Here", "to": "<sip:a@b.example>;tag=2"}
    assert (sip["call-id"]["value"], sip["to_hdr"]["tag"]) == ("7@Here", "2")


def test_a_call_without_a_response_has_no_headers() -> None:
    connection = ConnectionEvents("c-1", local=None, remote="sip:a@b.example")
    info = session_info_of("d-1", connection, None, {})

    assert info.connection["protocol"]["sip"] == {"headers": {}}
