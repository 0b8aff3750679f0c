from typing import Literal

GetRecordingsState = Literal[
    "deleted", "failed", "local", "recording", "uploaded", "uploading"
]

GET_RECORDINGS_STATE_VALUES: set[GetRecordingsState] = {
    "deleted",
    "failed",
    "local",
    "recording",
    "uploaded",
    "uploading",
}


def check_get_recordings_state(value: str) -> GetRecordingsState:
    if value in GET_RECORDINGS_STATE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {GET_RECORDINGS_STATE_VALUES!r}"
    )
