"""When a request is sent again, and after which pause."""

import httpx
import pytest
from outring_client.retries import Retries, read_retry_after_s

LOST = httpx.ConnectError("refused")
NEVER, NEARLY_ONE = Retries(draw=lambda: 0.0), Retries(draw=lambda: 0.999)


def answer(status: int, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers=named)


@pytest.mark.parametrize(
    ("received", "pause_s"),
    [
        (LOST, 0.5),
        (httpx.ReadTimeout("late"), 0.5),
        (answer(429), 0.5),
        (answer(502), 0.5),
        (answer(503), 0.5),
        (answer(504), 0.5),
        (answer(503, Retry_After="2"), 2.0),
        (answer(503, Retry_After="soon"), 0.5),
        (answer(503, Retry_After="31"), None),
        (answer(200), None),
        (answer(403, Retry_After="2"), None),
        (answer(408), None),
        (answer(500), None),
    ],
)
def test_pause(
    received: httpx.Response | httpx.TransportError, pause_s: float | None
) -> None:
    assert NEVER.choose_pause_s(1, received) == pause_s


def test_pauses_double_up_to_the_longest() -> None:
    retries = Retries(attempts=9, draw=lambda: 0.0)

    assert [retries.choose_pause_s(n, LOST) for n in range(1, 9)] == [
        *(0.5, 1.0, 2.0, 4.0, 8.0, 16.0),
        *(30.0, 30.0),
    ]


def test_the_last_attempt_has_no_pause() -> None:
    assert NEVER.choose_pause_s(3, LOST) is not None
    assert NEVER.choose_pause_s(4, LOST) is None


def test_jitter_never_comes_before_what_was_told() -> None:
    told = answer(503, Retry_After="4")

    assert NEVER.choose_pause_s(1, told) == 4.0
    assert NEARLY_ONE.choose_pause_s(1, told) == pytest.approx(5.0, abs=0.01)
    assert NEARLY_ONE.choose_pause_s(1, LOST) == pytest.approx(0.25, abs=0.01)


def test_no_retry_after() -> None:
    assert read_retry_after_s(answer(503)) is None
