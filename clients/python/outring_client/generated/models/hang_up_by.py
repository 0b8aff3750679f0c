from typing import Literal

HangUpBy = Literal["callee", "caller", "platform"]

HANG_UP_BY_VALUES: set[HangUpBy] = {
    "callee",
    "caller",
    "platform",
}


def check_hang_up_by(value: str) -> HangUpBy:
    if value in HANG_UP_BY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {HANG_UP_BY_VALUES!r}"
    )
