from typing import Literal

ProgressHintThresholdmode = Literal["fixed", "offset", "ratio"]

PROGRESS_HINT_THRESHOLDMODE_VALUES: set[ProgressHintThresholdmode] = {
    "fixed",
    "offset",
    "ratio",
}


def check_progress_hint_thresholdmode(value: str) -> ProgressHintThresholdmode:
    if value in PROGRESS_HINT_THRESHOLDMODE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {PROGRESS_HINT_THRESHOLDMODE_VALUES!r}"
    )
