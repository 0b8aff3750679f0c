"""DtmfQueue: the DTMF digits that a leg has still to send. Pure: time is an argument."""

from collections import deque
from dataclasses import dataclass

from .media import DIGITS, Dtmf

MAX_WAITING = 256  # digits of one leg
MAX_ON_MS = 1000  # PJSIP's limit of a telephone-event
END_MS = 60  # the end of a telephone-event is sent three times, 20 ms apart (RFC 4733 §2.5.1.4)


@dataclass(frozen=True, slots=True)
class QueuedDigit:
    """A digit to send, for how long, and with how long a pause after it."""

    digit: str
    how: Dtmf
    on_ms: int
    off_ms: int


class DtmfQueue:
    """Waiting digits, and when the next one may begin. Times are seconds."""

    def __init__(self) -> None:
        self._keys: deque[QueuedDigit] = deque()
        self._free_at = 0.0

    def enqueue(self, digits: str, how: Dtmf, on_ms: int, off_ms: int) -> int:
        """Add *digits*, at most MAX_WAITING in all; return how many were left out.

        Characters that are no DTMF digits are ignored.
        """
        valid = [digit for digit in digits.upper() if digit in DIGITS]
        added = valid[: MAX_WAITING - len(self._keys)]
        on_ms = min(on_ms, MAX_ON_MS)
        self._keys.extend(QueuedDigit(digit, how, on_ms, off_ms) for digit in added)
        return len(valid) - len(added)

    def due(self, now: float) -> QueuedDigit | None:
        """Return the digit to send at *now*, or None. It stays due until ``mark_sent``."""
        return self._keys[0] if self._keys and now >= self._free_at else None

    def mark_sent(self, now: float) -> None:
        """Note that the digit that was due has begun at *now*."""
        key = self._keys.popleft()
        self._free_at = now + (key.on_ms + END_MS + key.off_ms) / 1000

    def is_done(self, now: float) -> bool:
        """Whether no digit waits, and the last one is over at *now*."""
        return not self._keys and now >= self._free_at
