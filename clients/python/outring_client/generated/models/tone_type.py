from typing import Literal

ToneType = Literal[
    "announcement",
    "busy",
    "congestion",
    "ringback",
    "sit",
    "sit_intercept",
    "sit_no_circuit",
    "sit_reorder",
    "sit_vacant",
    "unobtainable",
]

TONE_TYPE_VALUES: set[ToneType] = {
    "announcement",
    "busy",
    "congestion",
    "ringback",
    "sit",
    "sit_intercept",
    "sit_no_circuit",
    "sit_reorder",
    "sit_vacant",
    "unobtainable",
}


def check_tone_type(value: str) -> ToneType:
    if value in TONE_TYPE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {TONE_TYPE_VALUES!r}")
