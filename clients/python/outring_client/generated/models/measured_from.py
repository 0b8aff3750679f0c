from typing import Literal

MeasuredFrom = Literal["answer", "greeting_end"]

MEASURED_FROM_VALUES: set[MeasuredFrom] = {
    "answer",
    "greeting_end",
}


def check_measured_from(value: str) -> MeasuredFrom:
    if value in MEASURED_FROM_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {MEASURED_FROM_VALUES!r}"
    )
