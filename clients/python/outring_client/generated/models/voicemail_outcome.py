from typing import Literal

VoicemailOutcome = Literal["hung_up", "left", "not_left"]

VOICEMAIL_OUTCOME_VALUES: set[VoicemailOutcome] = {
    "hung_up",
    "left",
    "not_left",
}


def check_voicemail_outcome(value: str) -> VoicemailOutcome:
    if value in VOICEMAIL_OUTCOME_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {VOICEMAIL_OUTCOME_VALUES!r}"
    )
