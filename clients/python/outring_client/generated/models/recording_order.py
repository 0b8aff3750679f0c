from typing import Literal

RecordingOrder = Literal["paused", "recording", "stopped"]

RECORDING_ORDER_VALUES: set[RecordingOrder] = {
    "paused",
    "recording",
    "stopped",
}


def check_recording_order(value: str) -> RecordingOrder:
    if value in RECORDING_ORDER_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {RECORDING_ORDER_VALUES!r}"
    )
