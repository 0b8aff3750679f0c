from typing import Literal

AnsweredBy = Literal["fax", "human", "machine", "unknown"]

ANSWERED_BY_VALUES: set[AnsweredBy] = {
    "fax",
    "human",
    "machine",
    "unknown",
}


def check_answered_by(value: str) -> AnsweredBy:
    if value in ANSWERED_BY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {ANSWERED_BY_VALUES!r}"
    )
