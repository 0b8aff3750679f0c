"""What is said of a challenge that no credential has satisfied."""

import pytest

from engine.calls.challenge import describe_challenge
from sip.message import Response


def response(status: int, header: str) -> Response:
    return Response(status, f"SIP/2.0 {status} Reason\r\n{header}\r\n\r\n".encode())


@pytest.mark.parametrize(
    ("status", "header"),
    [
        (401, 'WWW-Authenticate: Digest nonce="1", realm="sip.example"'),
        (407, 'Proxy-Authenticate: Digest REALM = "sip.example", qop="auth"'),
    ],
)
def test_the_realm_is_named(status: int, header: str) -> None:
    assert describe_challenge(response(status, header)) == (
        "No credential has the realm sip.example, or its user name or password is wrong."
    )


@pytest.mark.parametrize(
    "other",
    [
        None,
        response(403, 'WWW-Authenticate: Digest realm="sip.example"'),
        response(401, 'Proxy-Authenticate: Digest realm="sip.example"'),
        response(401, "WWW-Authenticate: Digest realm"),
    ],
)
def test_what_is_no_challenge(other: Response | None) -> None:
    assert describe_challenge(other) == ""
