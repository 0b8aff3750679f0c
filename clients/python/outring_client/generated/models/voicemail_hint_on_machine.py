from typing import Literal

VoicemailHintOnMachine = Literal["hangup", "speak"]

VOICEMAIL_HINT_ON_MACHINE_VALUES: set[VoicemailHintOnMachine] = {
    "hangup",
    "speak",
}


def check_voicemail_hint_on_machine(value: str) -> VoicemailHintOnMachine:
    if value in VOICEMAIL_HINT_ON_MACHINE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {VOICEMAIL_HINT_ON_MACHINE_VALUES!r}"
    )
