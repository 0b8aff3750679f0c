"""Messages that PJSIP's parser refuses: their outcome, and their log entries.

``native/reception.hpp`` drops header fields that a message can do without, and refuses
or drops the other messages. It reports a few for each call, and counts all.
"""

import logging
from enum import StrEnum

log = logging.getLogger("outring.sip")


class Outcome(StrEnum):
    """What was done with a malformed message; in the order of native/malformed.hpp."""

    # Processed without the header fields that were not understood.
    REPAIRED = "repaired"
    REFUSED = "refused"  # a request that got 400 or 513
    DROPPED = "dropped"


def log_malformed(
    call_id: str, message: str, note: str, line: int, column: int
) -> None:
    """Log a warning about a message of the call *call_id*.

    *message* is its method, or status and phrase; *note* names header fields and
    places, never a value. *line* is 0 where the fault has no place.
    """
    place = {"line": line, "column": column} if line else {}
    log.warning(
        "sip_message_malformed",
        extra={"callId": call_id, "received": message, "note": note, **place},
    )
