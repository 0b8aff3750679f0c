"""Fuzzed requests: nothing comes of them, and what would come of them is noticed."""

import pytest

from tests.load.fuzzed_requests import OUTBOUND, Fuzzed, Fuzzer
from tests.load.http_fuzz import Findings, Response, is_clean, wrong_of
from tests.load.test_commands import run


async def test_nothing_comes_of_nonsense() -> None:
    status, out, err = await run("tests.load.http_fuzz", "--requests", "3000")

    assert (status, err) == (0, ""), out
    for row in ("3000 in", "answered 400", "lines in the log", "memory is flat"):
        assert row in out


def test_the_same_seed_makes_the_same_requests() -> None:
    fuzzer, other = Fuzzer("a"), Fuzzer("b")
    made = [fuzzer.request() for _ in range(300)]
    again = Fuzzer("a")

    assert [again.request() for _ in range(300)] == made
    assert [other.request() for _ in range(300)] != made
    assert {fuzzed.is_framed for fuzzed in made} == {True, False}


def answer(status: int, body: bytes, *, is_json: bool = True) -> Response:
    return Response(status, is_json, is_last=False, body=body)


FRAMED = Fuzzed((b"",), OUTBOUND)
BROKEN = Fuzzed((b"",), "/docs", is_framed=False)


@pytest.mark.parametrize(
    ("fuzzed", "response", "wrong"),
    [
        (FRAMED, answer(404, b'{"result":"Call failed"}'), None),
        (FRAMED, answer(503, b'{"result":"Server shutdown"}'), None),
        (FRAMED, answer(405, b'{"result":"Invalid request"}'), None),
        (FRAMED, answer(400, b""), None),  # of HEAD
        (BROKEN, answer(404, b"Not Found", is_json=False), None),
        (FRAMED, answer(500, b'{"result":"Internal Error"}'), "500 Internal Error"),
        (FRAMED, answer(500, b'{"result":"Server shutdown"}'), "500 Server shutdown"),
        (BROKEN, answer(502, b"", is_json=False), "502 None"),
        (FRAMED, answer(400, b"{"), "an answer that is no JSON"),
        (
            FRAMED,
            answer(400, b"400: Bad Request", is_json=False),
            "an answer that is not of the table: 400 None",
        ),
        (
            FRAMED,
            answer(400, b'{"result":"Call failed"}'),
            "an answer that is not of the table: 400 Call failed",
        ),
    ],
)
def test_what_is_wrong_with_an_answer(
    fuzzed: Fuzzed, response: Response, wrong: str | None
) -> None:
    assert wrong_of(fuzzed, response) == wrong


def test_what_is_not_clean() -> None:
    flat = Findings(sent=10, memory_mb=[(0, 10.0), (1, 100.0), (10, 130.0)])
    grown = Findings(sent=10, memory_mb=[(0, 10.0), (1, 100.0), (10, 150.0)])

    assert is_clean(flat, [])
    assert not is_clean(flat, ["a line"])
    assert not is_clean(grown, [])
    flat.wrong("no answer", FRAMED, b"")
    assert not is_clean(flat, [])
