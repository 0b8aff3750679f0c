from typing import Literal

PaceMode = Literal["fixed", "power", "predictive", "progressive"]

PACE_MODE_VALUES: set[PaceMode] = {
    "fixed",
    "power",
    "predictive",
    "progressive",
}


def check_pace_mode(value: str) -> PaceMode:
    if value in PACE_MODE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {PACE_MODE_VALUES!r}")
