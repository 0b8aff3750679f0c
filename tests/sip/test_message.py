"""Headers as RFC 3261 §7.3 writes them."""

from sip.message import Response


def response(*lines: bytes, body: bytes = b"") -> Response:
    return Response(200, b"\r\n".join((b"SIP/2.0 200 OK", *lines, b"", body)))


def test_reason_phrase_may_hold_blanks_or_be_empty() -> None:
    assert Response(486, b"SIP/2.0 486 Busy Here\r\n\r\n").reason == "Busy Here"
    assert Response(486, b"SIP/2.0 486 \r\n\r\n").reason == ""
    assert Response(486, b"SIP/2.0 486\r\n\r\n").reason == ""


def test_compact_names_are_spelled_out() -> None:
    got = response(
        b"v: SIP/2.0/UDP h", b"f: <sip:a@h>", b"i: x", b"m: <sip:c@h>", b"l: 0"
    )

    assert list(got.headers) == ["Via", "From", "Call-ID", "Contact", "Content-Length"]


def test_folded_lines_are_joined_with_one_space() -> None:
    got = response(b"Subject: I know you're there,", b"         pick up", b"\tnow")

    assert got.headers["Subject"] == "I know you're there, pick up now"


def test_a_value_may_start_on_its_folded_line() -> None:
    assert response(b"Subject:", b"  late").headers["Subject"] == "late"


def test_repeated_headers_are_joined_in_wire_order_under_the_first_spelling() -> None:
    got = response(b"X-Tag: 1", b"Other: y", b"x-tag: 2", b"X-TAG: 3")

    assert got.headers == {"X-Tag": "1, 2, 3", "Other": "y"}


def test_a_value_is_found_however_its_name_is_written() -> None:
    got = response(b"reason : SIP;cause=480", b"s: hello", b"REASON: Q.850;cause=17")

    assert got.value("Reason") == "SIP;cause=480, Q.850;cause=17"
    assert (got.value("subject"), got.value("Retry-After")) == ("hello", "")


def test_odd_bytes_come_back_as_they_were() -> None:
    value = response(b"X-Odd: caf\xe9 \xff").headers["X-Odd"]

    assert value.encode("utf-8", "surrogateescape") == b"caf\xe9 \xff"


def test_printable_headers_read_odd_bytes_as_latin_1() -> None:
    got = response(b"X-Odd: caf\xe9", b"X-Name: \xc3\xa9")

    assert got.printable_headers == {"X-Odd": "café", "X-Name": "é"}
    assert response(b"Subject: x").printable_headers == {"Subject": "x"}


def test_blank_before_the_colon_and_missing_colon_are_tolerated() -> None:
    got = response(b"Subject : x", b"no header at all")

    assert got.headers == {"Subject": "x"}


def test_the_body_is_not_read_as_headers() -> None:
    got = response(b"Content-Type: application/sdp", body=b"v: 0\r\nX-Not: this\r\n")

    assert got.headers == {"Content-Type": "application/sdp"}


def test_bare_line_feeds_end_lines_too() -> None:
    assert Response(200, b"SIP/2.0 200 OK\nX-A: 1\n\nX-B: 2\n").headers == {"X-A": "1"}
