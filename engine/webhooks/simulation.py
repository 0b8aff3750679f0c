"""A simulation of deliveries: which events are posted in which order, and what a receiver
should have understood of them. Pure.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from random import Random
from typing import NamedTuple

import msgspec

from engine.model.event_entry import FINAL_TYPES, EventEntry


class PostKind(StrEnum):
    """Why an event is posted."""

    FIRST = "first"
    DOUBLE = "double"  # once more, as after an answer that was lost
    LATE = "late"  # behind younger ones of its call, as after a replay


class Post(NamedTuple):
    """An event to post."""

    entry: EventEntry
    kind: PostKind


class Faults(NamedTuple):
    """Which shares of the events are posted twice, late, or never; from 0 to 1."""

    double: float = 0.0
    late: float = 0.0
    lost: float = 0.0


class Understood(NamedTuple):
    """What a receiver should know of a call, having taken each event once.

    ``missing`` are the numbers between the first and the last that have not come;
    ``disposition`` is None if the end of the call has not come.
    """

    call: str
    events: int
    missing: list[int]
    disposition: str | None


def plan_posts(
    calls: Iterable[Sequence[EventEntry]], faults: Faults, random: Random
) -> list[Post]:
    """Return what to post of *calls*, each of which is given by its events in order.

    The calls are mixed, and each keeps its order but for its late events.
    """
    left = [_plan_call(call, faults, random) for call in calls]
    posts = []
    while left := [call for call in left if call]:
        posts.append(random.choice(left).pop(0))
    return posts


def _plan_call(
    call: Sequence[EventEntry], faults: Faults, random: Random
) -> list[Post]:
    posts: list[Post] = []
    late: list[Post] = []
    for entry in call:
        chance = random.random()
        if chance < faults.lost:
            continue
        if chance < faults.lost + faults.late:
            late.append(Post(entry, PostKind.LATE))
            continue
        posts.append(Post(entry, PostKind.FIRST))
        if random.random() < faults.double:
            posts.append(Post(entry, PostKind.DOUBLE))
    return posts + late


def understand(entries: Iterable[EventEntry]) -> list[Understood]:
    """Return what is to be known of each call of *entries*, in any order and number."""
    calls: dict[str, dict[int, EventEntry]] = {}
    for entry in entries:
        calls.setdefault(entry.subject.call, {})[entry.seq] = entry
    return [_understand_call(name, events) for name, events in calls.items()]


def _understand_call(name: str, events: dict[int, EventEntry]) -> Understood:
    missing = sorted({*range(1, max(events) + 1)} - events.keys())
    ends = [entry for entry in events.values() if entry.type in FINAL_TYPES]
    disposition = None
    if ends:
        disposition = msgspec.json.decode(ends[0].data).get("disposition")
    return Understood(name, len(events), missing, disposition)
