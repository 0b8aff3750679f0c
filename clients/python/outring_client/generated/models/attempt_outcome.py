from typing import Literal

AttemptOutcome = Literal[
    "abandoned",
    "busy",
    "cancelled",
    "congestion",
    "fax",
    "invalid",
    "machine",
    "no_answer",
    "not_placed",
    "opt_out",
    "person",
    "rejected",
    "unknown",
    "voicemail_left",
]

ATTEMPT_OUTCOME_VALUES: set[AttemptOutcome] = {
    "abandoned",
    "busy",
    "cancelled",
    "congestion",
    "fax",
    "invalid",
    "machine",
    "no_answer",
    "not_placed",
    "opt_out",
    "person",
    "rejected",
    "unknown",
    "voicemail_left",
}


def check_attempt_outcome(value: str) -> AttemptOutcome:
    if value in ATTEMPT_OUTCOME_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {ATTEMPT_OUTCOME_VALUES!r}"
    )
