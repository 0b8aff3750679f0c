"""What clients order on a live call that has no document: sounds, digits, transfers. Pure."""

from msgspec import Struct

from sip.media import DIGITS

MAX_DIGITS_OUT = 64
"""The most digits that are sent at once."""
LOAD_S = 10.0
"""Seconds in which a sound has to be loaded, or spoken."""


class PlayOrder(Struct, frozen=True, tag="play"):
    """Play the sound at *uri*, or *text* as speech: over the stream, or in its place."""

    uri: str | None = None
    text: str | None = None
    is_over: bool = True


class StopPlayOrder(Struct, frozen=True, tag="stop-play"):
    """Stop the sound that plays, and play none of those that wait."""


class DigitsOrder(Struct, frozen=True, tag="digits"):
    """Send the far end DTMF *digits*."""

    digits: str


class TransferOrder(Struct, frozen=True, tag="transfer"):
    """Have the far end call the SIP URI *to* instead (REFER, RFC 3515)."""

    to: str


CallOrder = PlayOrder | StopPlayOrder | DigitsOrder | TransferOrder


class OrderTaken(Struct, frozen=True):
    """The order of a client was taken by the process of the call with this id."""

    call: str


def are_digits(value: object) -> bool:
    """Whether *value* is a text of DTMF digits that may be sent at once."""
    return (
        isinstance(value, str)
        and 1 <= len(value) <= MAX_DIGITS_OUT
        and set(value) <= DIGITS
    )
