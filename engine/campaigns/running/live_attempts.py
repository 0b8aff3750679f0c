"""LiveAttempts: what is known of the attempts of a campaign that have no end yet. Pure.

It follows the event log, so that it does not matter which process carries a call.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from engine.model.campaign import AttemptEntry
from engine.model.disposition import Disposition
from engine.model.event_data import CallEndedData, CallProgressData
from engine.model.event_entry import FINAL_TYPES, EventEntry
from engine.model.event_type import EventType

HUMAN = "human"


@dataclass(slots=True)
class LiveAttempt:
    """An attempt without an end; times are seconds since 1970."""

    reserved: float
    answered: float | None = None
    known: float | None = None
    """When it was known what has answered."""
    is_person: bool = False

    def note_answer(self, at: float, *, is_person: bool) -> None:
        """Note what has answered, unless that is known."""
        if self.known is None:
            self.known, self.is_person = at, is_person


@dataclass(frozen=True, slots=True)
class KnownAnswer:
    """What the pace learns once it is known what has answered an attempt."""

    known_s: float
    """Seconds from its reservation until then."""
    is_person: bool


@dataclass(frozen=True, slots=True)
class EndedAttempt:
    """What pace and breaker learn of an attempt that has ended."""

    reserved: float
    ended: float
    answered: float | None
    is_person: bool
    was_known: bool
    """Whether it was known before what has answered; else nobody has."""
    failed: bool
    """Whether it failed on our side, or on the way."""


class LiveAttempts:
    """The attempts of one campaign; ``watches_progress``: its calls look for machines."""

    def __init__(self, *, watches_progress: bool) -> None:
        self._watches_progress = watches_progress
        self._by_call: dict[str, LiveAttempt] = {}

    def __len__(self) -> int:
        return len(self._by_call)

    def __contains__(self, call: str | None) -> bool:
        return call in self._by_call

    def add(self, attempts: Iterable[AttemptEntry]) -> None:
        """Take *attempts* in, which were reserved."""
        for attempt in attempts:
            self._by_call.setdefault(attempt.call, LiveAttempt(attempt.reserved))

    def keep_only(self, attempts: Sequence[AttemptEntry]) -> None:
        """Know of *attempts* alone, which are all that are open."""
        standing, self._by_call = self._by_call, {}
        for attempt in attempts:
            known = standing.get(attempt.call)
            self._by_call[attempt.call] = known or LiveAttempt(attempt.reserved)

    def apply(self, entry: EventEntry) -> KnownAnswer | EndedAttempt | None:
        """Take an event in; returns what is learnt, if it tells what has answered an attempt,
        or is its end.

        Calls that its application places besides, as to an agent, have ids of their own.
        """
        call = entry.subject.call
        live = self._by_call.get(call)
        if live is None:
            return None
        if entry.type in FINAL_TYPES:
            del self._by_call[call]
            return _learn(live, entry)
        was_known = live.known is not None
        self._note(live, entry)
        if was_known or live.known is None:
            return None
        return KnownAnswer(max(live.known - live.reserved, 0.0), live.is_person)

    def _note(self, live: LiveAttempt, entry: EventEntry) -> None:
        if entry.type == EventType.CALL_ANSWERED:
            live.answered = entry.at
            if not self._watches_progress:
                live.note_answer(entry.at, is_person=True)
        elif entry.type == EventType.CALL_PROGRESS and live.answered is not None:
            found = msgspec.json.decode(entry.data, type=CallProgressData).found
            live.note_answer(entry.at, is_person=found == HUMAN)

    def dialling(self, now: float) -> list[float]:
        """Return for how long each is dialled of which it is not known what has answered."""
        return [now - it.reserved for it in self._by_call.values() if it.known is None]

    def busy(self, now: float) -> list[float]:
        """Return for how long each person has been in a call."""
        return [
            now - it.known
            for it in self._by_call.values()
            if it.known is not None and it.is_person
        ]

    @property
    def machines(self) -> int:
        """How many calls live that no person has answered, and something else has."""
        known = (it for it in self._by_call.values() if it.known is not None)
        return sum(not it.is_person for it in known)


_FAILED = (Disposition.CONGESTION.value, Disposition.FAILED.value)


def _learn(live: LiveAttempt, entry: EventEntry) -> EndedAttempt:
    end = msgspec.json.decode(entry.data, type=CallEndedData)
    status = end.sip.status if end.sip is not None else 0
    # What a limit has refused is a matter of the pace; what else was refused of the settings.
    is_wrong = entry.type == EventType.REQUEST_REFUSED and end.refused_by is None
    failed = is_wrong or end.disposition in _FAILED or status // 100 == 5
    return EndedAttempt(
        live.reserved,
        entry.at,
        live.answered,
        is_person=live.is_person,
        was_known=live.known is not None,
        failed=failed and live.answered is None,
    )
