from typing import Literal

ProgressType = Literal[
    "amd_beep",
    "amd_human",
    "amd_machine",
    "amd_potentialbeep",
    "amd_potentialmachine",
    "amd_silence",
    "amd_unknown",
    "fax",
]

PROGRESS_TYPE_VALUES: set[ProgressType] = {
    "amd_beep",
    "amd_human",
    "amd_machine",
    "amd_potentialbeep",
    "amd_potentialmachine",
    "amd_silence",
    "amd_unknown",
    "fax",
}


def check_progress_type(value: str) -> ProgressType:
    if value in PROGRESS_TYPE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {PROGRESS_TYPE_VALUES!r}"
    )
