"""What a request wants spoken."""

from collections.abc import Mapping

import pytest

from engine.model.outbound_request import OutboundRequest, request_of
from engine.model.result import RefusedError
from engine.model.say import SayHint, SayRequest, say_of


@pytest.mark.parametrize(
    ("hint", "data", "request_"),
    [
        (True, {"text": "Hello"}, SayRequest("Hello", None)),
        (True, "Hello", SayRequest("Hello", None)),
        (SayHint("de"), {"text": "Hallo", "x": "y"}, SayRequest("Hallo", "de")),
    ],
)
def test_the_text_stands_in_the_data(
    hint: SayHint | bool, data: str | Mapping[str, str], request_: SayRequest
) -> None:
    assert say_of(hint, data) == request_


@pytest.mark.parametrize(
    ("data", "mistake"),
    [(None, "needs appData"), ({"text": " "}, "needs appData"), ("x" * 2001, "2000")],
)
def test_nothing_and_too_much_are_refused(
    data: str | Mapping[str, str] | None, mistake: str
) -> None:
    with pytest.raises(ValueError, match=mistake):
        say_of(True, data)


def asked(
    hint: object, *, as_text: bool = False, action: str = "makeCall"
) -> OutboundRequest:
    return request_of(
        {
            "action": action,
            "to": "sip:a@127.0.0.1",
            "appData": {"text": "Hello"},
            "hints": {"say": hint},
        },
        as_text=as_text,
    )


def test_it_is_a_hint_of_both_ways_to_ask() -> None:
    assert asked({"voice": "de"}).say == SayRequest("Hello", "de")
    assert asked("true", as_text=True).say == SayRequest("Hello", None)
    assert asked(False).say is None


@pytest.mark.parametrize(
    ("hint", "action", "mistake"),
    [
        (True, "startApplication", "say is a hint of makeCall"),
        ({"language": "de"}, "makeCall", "language"),
        ("Hello", "makeCall", "say"),
    ],
)
def test_what_it_cannot_be_is_refused(hint: object, action: str, mistake: str) -> None:
    with pytest.raises(RefusedError, match=mistake):
        asked(hint, action=action)
