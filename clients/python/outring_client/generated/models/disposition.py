from typing import Literal

Disposition = Literal[
    "answered",
    "busy",
    "cancelled",
    "congestion",
    "failed",
    "no_answer",
    "refused",
    "rejected",
    "unreachable",
]

DISPOSITION_VALUES: set[Disposition] = {
    "answered",
    "busy",
    "cancelled",
    "congestion",
    "failed",
    "no_answer",
    "refused",
    "rejected",
    "unreachable",
}


def check_disposition(value: str) -> Disposition:
    if value in DISPOSITION_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {DISPOSITION_VALUES!r}"
    )
