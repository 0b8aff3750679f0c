from typing import Literal

TakenResult = Literal["OK"]

TAKEN_RESULT_VALUES: set[TakenResult] = {
    "OK",
}


def check_taken_result(value: str) -> TakenResult:
    if value in TAKEN_RESULT_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {TAKEN_RESULT_VALUES!r}"
    )
