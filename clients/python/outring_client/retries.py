"""When a request is sent again. Pure."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

import httpx

RETRYABLE = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)

Received = httpx.Response | httpx.TransportError
"""What comes of a request: an answer, or why there is none."""


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a request is sent, and how long the pauses in between are.

    A pause is what ``Retry-After`` says and up to a quarter more, so that not all clients
    come back at once. Without it, pauses begin at *first_pause_s* and double, of which a
    random half is taken off. A pause that would be longer than *max_pause_s* is not waited
    for: the answer counts as it is. *attempts* counts the first one, too.
    """

    attempts: int = 4
    first_pause_s: float = 0.5
    max_pause_s: float = 30.0
    draw: Callable[[], float] = random.random
    """Draws a number of at least 0 and below 1."""

    def choose_pause_s(self, attempt: int, received: Received) -> float | None:
        """Return the seconds until the request is sent again after *attempt*, from 1 on.

        None if it is not sent again.
        """
        if attempt >= self.attempts:
            return None
        if isinstance(received, httpx.Response):
            if received.status_code not in RETRYABLE:
                return None
            told_s = read_retry_after_s(received)
            if told_s is not None:
                pause_s = told_s * (1 + self.draw() / 4)
                return pause_s if told_s <= self.max_pause_s else None
        backoff_s = min(self.first_pause_s * 2.0 ** (attempt - 1), self.max_pause_s)
        return backoff_s * (1 - self.draw() / 2)


def read_retry_after_s(response: httpx.Response) -> float | None:
    """Return the seconds that ``Retry-After`` tells (RFC 9110 §10.2.3); None without them.

    A date there is not read: outring tells seconds.
    """
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else None
