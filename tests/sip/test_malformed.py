"""Messages that PJSIP's parser refuses: what is left of them, and what is told of it."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

REPAIRED, REFUSED, DROPPED = range(3)

# PJSIP lives once in a process, and other tests need that one.
REPAIR = """
import json, os, sys
import pjsua2 as pj
output = os.fdopen(os.dup(1), "w")
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # PJSIP's own words
pj.outring_prepare()
endpoint = pj.Endpoint()
endpoint.libCreate()
endpoint.libInit(pj.EpConfig())
for line in sys.stdin:
    text, is_datagram = json.loads(line)
    outcome, repaired, note = pj.outring_repair(text.encode("latin-1"), is_datagram)
    print(json.dumps((outcome, repaired.decode("latin-1"), note)), file=output, flush=True)
os._exit(0)  # without the second that PJSIP takes for its end
"""
Answer = tuple[int, str, str]


class Repairs:
    """A process that says what the dialer makes of messages."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", REPAIR],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, message: str, *, is_datagram: bool = True) -> Answer:
        """Outcome, what is left of *message*, and what is told of it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps((message, is_datagram)), file=self._process.stdin, flush=True)
        outcome, text, note = json.loads(self._process.stdout.readline())
        return outcome, text, note

    def close(self) -> None:
        """Let it end, and wait for that."""
        self._process.communicate()


@pytest.fixture(scope="module")
def repair() -> Iterator[Repairs]:
    """One process for all of these tests."""
    repairs = Repairs()
    yield repairs
    repairs.close()


def response(*lines: str, start: str = "SIP/2.0 486 Busy Here", body: str = "") -> str:
    """A response with *lines* from line 7 on."""
    head = [
        start,
        "Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1",
        "From: <sip:outring@127.0.0.1>;tag=1",
        "To: <sip:alice@127.0.0.1>;tag=2",
        "Call-ID: call-1",
        "CSeq: 1 INVITE",
    ]
    return "\r\n".join([*head, *lines, f"Content-Length: {len(body)}", "", body])


def request(method: str, *lines: str, body: str = "") -> str:
    """A request with *lines* from line 7 on."""
    start = f"{method} sip:outring@127.0.0.1 SIP/2.0"
    text = response(*lines, start=start, body=body)
    return text.replace("1 INVITE", f"1 {method}")


DIGEST = 'Digest realm="a, Basic", nonce="n\\"1"'
OTHER = 'Digest realm="b", nonce="n2"'
AT = "header Proxy-Authenticate, line 7"

# What stands in the response, what is left of it, and what is told.
LINES = {
    "Retry-After: soon": ("", "header Retry-After, line 7 column 14, not understood"),
    "Expires: never": ("", "header Expires, line 7 column 10, not understood"),
    "Session-Expires: x": (
        "",
        "header Session-Expires, line 7 column 18, not understood",
    ),
    "Min-SE:": ("", "header Min-SE, line 7 column 8, not understood"),
    "Content-Type: x": ("", "header Content-Type, line 7 column 16, not understood"),
    "a line without one": ("", "line 7 column 4, no header"),
    ": no name": ("", "line 7 column 1, no header"),
    "@no: name": ("", "line 7 column 1, no header"),
    "Contact: <sip:>": ("", "header Contact, line 7 column 15, not understood"),
    "m: <sip:": ("", "header m, line 7 column 9, not understood"),
    "Contact:": ("", "header Contact, line 7 column 9, not understood"),
    'Contact: "Bob <sip:b@c>': ("", "header Contact, line 7 column 10, not understood"),
    "Record-Route: <sip:": (
        "",
        "header Record-Route, line 7 column 20, not understood",
    ),
    "Route: nobody": ("", "header Route, line 7 column 8, not understood"),
    "Subject: \0": ("", "header Subject, line 7 column 10, not understood"),
    "Retry-After:\r\n  soon\r\n later": (
        "",
        "header Retry-After, line 8 column 3, not understood",
    ),
    "Expires: x\r\nServer: me\r\nMin-SE: y": (
        "Server: me",
        "header Expires, line 7 column 10, not understood; "
        "header Min-SE, line 9 column 9, not understood",
    ),
    # What others take amiss is none of our business.
    **{
        line: (line, "")
        for line in (
            "Date: yesterday",
            "Warning: nonsense",
            "Reason: ;;;",
            "Allow:",
            "Supported:",
            "Require:",
            "RSeq: x",
            "RAck: x",
            "Timestamp: x",
            "P-Asserted-Identity: <<>>",
            "Max-Forwards: 300",
            "Retry-After: 5 (a moment)",
        )
    },
    "Proxy-Authenticate: NTLM": ("", f"{AT} column 25, skipped NTLM"),
    f"Proxy-Authenticate: NTLM\r\nProxy-Authenticate: {DIGEST}": (
        f"Proxy-Authenticate: {DIGEST}",
        f"{AT} column 25, skipped NTLM",
    ),
    f"Proxy-Authenticate: {DIGEST}\r\nProxy-Authenticate: Bearer scope=x": (
        f"Proxy-Authenticate: {DIGEST}",
        "header Proxy-Authenticate, line 8 column 28, skipped Bearer",
    ),
    f'Proxy-Authenticate: Basic realm="b", {DIGEST}': (
        f"Proxy-Authenticate:{DIGEST}",
        f"{AT} column 27, skipped Basic",
    ),
    f"Proxy-Authenticate: Negotiate YII==,\r\n {DIGEST},\r\n NTLM x": (
        f"Proxy-Authenticate:{DIGEST}",
        f"{AT} column 31, skipped Negotiate, NTLM",
    ),
    f'Proxy-Authenticate: {DIGEST}, {OTHER}, Basic realm="other"': (
        f"Proxy-Authenticate:{DIGEST}\r\nProxy-Authenticate:{OTHER}",
        f"{AT} column 67, skipped Basic",
    ),
    f"Server: who cares about this\r\nWWW-Authenticate: {DIGEST},{OTHER}": (
        f"WWW-Authenticate:{DIGEST}\r\nWWW-Authenticate:{OTHER}",
        "",
    ),
    f"WWW-Authenticate: {DIGEST},{OTHER}": (f"WWW-Authenticate:{DIGEST}", ""),
    'Proxy-Authenticate: Digest realm="r': ("", f"{AT} column 34, not understood"),
}


@pytest.mark.parametrize("lines", LINES)
def test_a_response_goes_on_without(repair: Repairs, lines: str) -> None:
    left, note = LINES[lines]

    found = repair(response(lines))

    assert found == (REPAIRED, response(*([left] if left else [])), note)


@pytest.mark.parametrize(
    "name", ["Via", "v", "From", "f", "To", "t", "Call-ID", "i", "CSeq"]
)
def test_what_a_response_cannot_do_without(repair: Repairs, name: str) -> None:
    """It would be nobody's: its transaction and its dialog go by these."""
    outcome, _, note = repair(response(f"{name}: \0"))

    assert outcome == DROPPED
    assert note.startswith(f"header {name}, line 7 column ")


@pytest.mark.parametrize(
    "message",
    [
        response(start="SIP/2.0 abc Busy"),
        response(start="SIP/3.0 486 Busy"),
        response(start="BYE no uri SIP/2.0"),
        "garbage",
        "\0",
        "",
    ],
)
def test_a_start_line_that_is_none(repair: Repairs, message: str) -> None:
    outcome, _, note = repair(message)

    assert outcome == DROPPED
    assert note.startswith("line 1 column ")


@pytest.mark.parametrize(
    ("is_datagram", "message", "outcome"),
    [
        (True, response("Content-Length: x"), REPAIRED),
        (True, request("BYE", "Content-Length: x"), REFUSED),
        (False, response("Content-Length: x"), DROPPED),
        (False, request("BYE", "l: x"), DROPPED),
    ],
)
def test_a_length_that_cannot_be_read(
    repair: Repairs, is_datagram: bool, message: str, outcome: int
) -> None:
    """A datagram ends by itself; a stream has no messages without it."""
    assert repair(message, is_datagram=is_datagram)[0] == outcome


ENDS = request("BYE", "Retry-After: x", "Require: \0", "Content-Type: x", body="x")


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        (ENDS, REPAIRED),
        (request("ACK", "Require: \0"), REPAIRED),
        (request("CANCEL", "Route: x"), REPAIRED),
        (request("UPDATE", "Session-Expires: x"), REPAIRED),
        (request("INVITE", "Content-Type: x"), REPAIRED),
        (request("INVITE", "Content-Type: x", body="v=0"), REFUSED),
        (request("INVITE", "c: x", body="v=0"), REFUSED),
    ],
)
def test_requests(repair: Repairs, message: str, outcome: int) -> None:
    """What ends a call ends it whatever else it says; others have to mean what they say."""
    assert repair(message)[0] == outcome


def test_garbage_is_bounded(repair: Repairs) -> None:
    """Thousands of bad lines are no message, and their names are not told."""
    outcome, _, _ = repair(response(*["x"] * 5000))
    repaired = repair(response(*["x"] * 10))

    assert outcome == DROPPED
    assert repaired[:2] == (REPAIRED, response())
    assert repaired[2].endswith("; and 6 more")


@pytest.mark.parametrize(
    "message",
    [
        request("BYE", "Authorization: Basic hunter2"),
        request("BYE", 'Authorization: Digest response="hunter2'),
        request("BYE", "hunter2"),
        response(f"X-{'n' * 500}: \0"),
    ],
)
def test_no_value_is_told(repair: Repairs, message: str) -> None:
    """Nor a name that is longer than names are."""
    _, _, note = repair(message)

    assert "line 7" in note
    assert "hunter2" not in note
    assert len(note) < 100


def test_bodies_and_newlines_are_left_alone(repair: Repairs) -> None:
    """The parser takes CR, LF and CRLF for a newline; a body is none of its business."""
    body = "Expires: x\r\n\r\nRetry-After: soon\n"
    by_lf = response("Expires: x").replace("\r\n", "\n")

    assert repair(response("Expires: x", body=body))[1] == response(body=body)
    assert repair(by_lf)[1] == response().replace("\r\n", "\n")
