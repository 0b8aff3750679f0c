"""Which WebSocket a call is joined to, and who is let through to it."""

from typing import Any

import pytest

from engine.model.disposition import EndRequester
from engine.model.outbound_request import OutboundRequest, request_of
from engine.model.result import RefusedError
from engine.model.stream_request import StreamRequest
from engine.model.voicemail import VoicemailMessage
from engine.platform.objects import Application
from engine.platform.stream_choice import with_stream
from sip.call_progress import AnsweredBy

URL, OTHER = "wss://bots.example/out", "wss://bots.example/other"
ALLOWING = {"allowed_urls": [r"wss://bots\.example/.*"]}


def ask(
    hints: dict[str, Any], application: dict[str, Any], **fields: Any
) -> OutboundRequest:
    """A request with *hints* to an application of type STREAM with these fields."""
    body = {"action": "makeCall", "to": "sip:a@b.example", "hints": hints, **fields}
    of_application = {"id": "a", "account": "b", "type": "STREAM", **application}
    return with_stream(
        request_of(body, as_text=False), Application.model_validate(of_application)
    )


def test_the_url_is_that_of_the_application_or_a_hint() -> None:
    hints = {"stream_url": OTHER, "stream_parameters": {"a": "b"}}

    assert ask({}, {"uri": URL}).stream == StreamRequest(URL)
    assert ask(hints, {"stream": ALLOWING}).stream == StreamRequest(OTHER, {"a": "b"})


@pytest.mark.parametrize(
    ("hints", "application", "advice"),
    [
        ({"stream_url": OTHER}, {"uri": URL}, "do not match the hint"),
        ({"stream_url": "http://b/"}, {"stream": ALLOWING}, "no ws or wss one"),
        ({}, {"stream": ALLOWING}, "give the hint stream_url"),
        ({"stream_parameters": {"": ""}}, {"uri": URL}, "1 to 64 characters"),
        ({"stream_url": OTHER}, {"type": "CCXML"}, "need one of type STREAM"),
        (
            {"bvr_callprogress": {"enabled": "fax"}},
            {"uri": URL, "stream": {"start": "human"}},
            "needs amd",
        ),
    ],
)
def test_what_is_not_allowed_is_refused(
    hints: dict[str, Any], application: dict[str, Any], advice: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        ask(hints, application)

    assert advice in str(refused.value.detail)


@pytest.mark.parametrize(
    ("options", "passed"),
    [
        ({"start": "human"}, {"human"}),
        ({"start": "verdict"}, {"human", "fax", "unknown"}),
        ({"start": "verdict", "on_machine": "stream"}, set(AnsweredBy)),
    ],
)
def test_who_is_let_through(options: dict[str, Any], passed: set[str]) -> None:
    request = ask({}, {"uri": URL, "stream": options})

    assert request.voicemail is not None
    assert request.voicemail.passed == passed
    assert request.voicemail.message is None
    assert request.voicemail.requester is EndRequester.APPLICATION
    assert request.call_progress is not None


def test_a_machine_may_get_a_sound() -> None:
    options = {"start": "human", "on_machine": "drop:http://h/a.wav"}
    request = ask({}, {"uri": URL, "stream": options})

    assert request.voicemail is not None
    assert request.voicemail.message == VoicemailMessage("http://h/a.wav")


def test_whoever_answers_gets_the_stream_at_once_unless_the_request_says_more() -> None:
    assert ask({}, {"uri": URL}).voicemail is None
    hints = {"voicemail": {"onMachine": "hangup"}}
    request = ask(hints, {"uri": URL, "stream": {"start": "human"}})
    assert request.voicemail is not None
    assert AnsweredBy.UNKNOWN in request.voicemail.passed
    assert request.voicemail.requester is EndRequester.CLIENT


def test_a_text_is_said_instead() -> None:
    assert ask({"say": True}, {"uri": URL}, appData="Hello").stream is None
