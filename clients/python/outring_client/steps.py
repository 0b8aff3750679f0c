"""Steps: what a request makes its caller do, so that blocking and asyncio code share the rest.

A generator of steps yields each step, is sent what came of it, and returns its value in the
end.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from .errors import UnreachableError
from .generated.models.event_view import EventView
from .retries import Received, Retries

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Send:
    """Send *request*, the arguments of httpx, and wait for its answer for *timeout_s*."""

    request: Mapping[str, Any]
    timeout_s: float

    @property
    def idempotency_key(self) -> str | None:
        """The Idempotency-Key that it is sent with."""
        key: str | None = self.request["headers"].get("Idempotency-Key")
        return key


@dataclass(frozen=True, slots=True)
class Pause:
    """Do nothing for *seconds*."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Open(Send):
    """Send, and leave the answer open for ``Read`` if it is a stream of events, in place of one
    that was open. The stream ends after *timeout_s* of silence.
    """


@dataclass(frozen=True, slots=True)
class Read:
    """Wait for the next bytes of the stream that is open; empty at its end."""


@dataclass(frozen=True, slots=True)
class Tell:
    """Hand *event* to whoever iterates over the steps."""

    event: EventView


Step = Send | Pause | Read | Tell
"""``Open`` is a ``Send``."""
Steps = Generator[Step, Received | bytes | None, T]


def send_until_answered(send: Send, retries: Retries) -> Steps[httpx.Response]:
    """Send the same request, with the same Idempotency-Key, until there is an answer.

    Return the last answer, which may tell that the server is busy. Raise UnreachableError if
    none has come.
    """
    attempt = 1
    while True:
        received = yield send
        if received is None or isinstance(received, bytes):
            raise TypeError("A request has an answer, or an error.")
        pause_s = retries.choose_pause_s(attempt, received)
        if pause_s is not None:
            yield Pause(pause_s)
            attempt += 1
        elif isinstance(received, httpx.Response):
            return received
        else:
            raise UnreachableError(send.idempotency_key) from received
