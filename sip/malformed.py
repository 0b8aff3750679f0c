"""Messages that PJSIP's parser refuses: what became of them, and what the log tells.

``native/reception.hpp`` leaves out what a message can do without, and refuses or drops the
others; it tells of a few of each call, and counts all.
"""

import logging
from enum import StrEnum

log = logging.getLogger("outring.sip")


class Outcome(StrEnum):
    """What became of a message; in the order of ``Outcome`` in native/malformed.hpp."""

    # Processed without the header fields that were not understood.
    REPAIRED = "repaired"
    REFUSED = "refused"  # a request that got 400 or 513
    DROPPED = "dropped"


def log_malformed(
    call_id: str, message: str, note: str, line: int, column: int
) -> None:
    """Warn of a message of the call *call_id*; *line* is 0 where the fault has no place.

    *message* is its method, or status and phrase; *note* names header fields and places,
    never a value.
    """
    place = {"line": line, "column": column} if line else {}
    log.warning(
        "sip_message_malformed",
        extra={"callId": call_id, "received": message, "note": note, **place},
    )
