from typing import Literal

RecordingKind = Literal["call"]

RECORDING_KIND_VALUES: set[RecordingKind] = {
    "call",
}


def check_recording_kind(value: str) -> RecordingKind:
    if value in RECORDING_KIND_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {RECORDING_KIND_VALUES!r}"
    )
