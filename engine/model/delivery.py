"""Delivery: an event that a webhook of the platform has not taken at the first try. Pure."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple


class DeliveryState(StrEnum):
    """What becomes of a delivery next."""

    WAITING = "waiting"  # it is tried again, or stands behind one of its call that is
    FAILED = "failed"  # it was given up: only a replay sends it again


class Delivery(NamedTuple):
    """How far the delivery of the event at *position* of the log has come.

    *due* and *first_try* are in seconds since 1970; *status* and *error* are those of the
    last try: the HTTP status, and a sentence for people.
    """

    position: int
    state: DeliveryState = DeliveryState.WAITING
    tries: int = 0
    first_try: float | None = None
    due: float = 0.0
    status: int | None = None
    error: str | None = None


class DeliveryProgress(NamedTuple):
    """What has changed of the deliveries to a webhook, and has to be stored together.

    Every event up to *position* was taken, is no matter of the webhook, or has a delivery
    that is stored; *changed* are to be stored, *taken* are positions to be forgotten.
    """

    position: int
    changed: Sequence[Delivery] = ()
    taken: Sequence[int] = ()
