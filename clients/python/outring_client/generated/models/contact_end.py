from typing import Literal

ContactEnd = Literal[
    "cancelled",
    "exhausted",
    "expired",
    "invalid",
    "no_window",
    "opted_out",
    "reached",
    "suppressed",
    "unknown",
]

CONTACT_END_VALUES: set[ContactEnd] = {
    "cancelled",
    "exhausted",
    "expired",
    "invalid",
    "no_window",
    "opted_out",
    "reached",
    "suppressed",
    "unknown",
}


def check_contact_end(value: str) -> ContactEnd:
    if value in CONTACT_END_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {CONTACT_END_VALUES!r}"
    )
