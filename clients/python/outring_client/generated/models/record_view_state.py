from typing import Literal

RecordViewState = Literal[
    "connected", "dialing", "ended", "ending", "ringing", "running"
]

RECORD_VIEW_STATE_VALUES: set[RecordViewState] = {
    "connected",
    "dialing",
    "ended",
    "ending",
    "ringing",
    "running",
}


def check_record_view_state(value: str) -> RecordViewState:
    if value in RECORD_VIEW_STATE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {RECORD_VIEW_STATE_VALUES!r}"
    )
