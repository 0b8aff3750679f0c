from typing import Literal

VoicemailCue = Literal["beep", "silence"]

VOICEMAIL_CUE_VALUES: set[VoicemailCue] = {
    "beep",
    "silence",
}


def check_voicemail_cue(value: str) -> VoicemailCue:
    if value in VOICEMAIL_CUE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {VOICEMAIL_CUE_VALUES!r}"
    )
