from typing import Literal

RecordingState = Literal[
    "deleted", "failed", "local", "recording", "uploaded", "uploading"
]

RECORDING_STATE_VALUES: set[RecordingState] = {
    "deleted",
    "failed",
    "local",
    "recording",
    "uploaded",
    "uploading",
}


def check_recording_state(value: str) -> RecordingState:
    if value in RECORDING_STATE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {RECORDING_STATE_VALUES!r}"
    )
