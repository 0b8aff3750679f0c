from typing import Literal

CallerIdChoice = Literal["local", "rotate", "sticky"]

CALLER_ID_CHOICE_VALUES: set[CallerIdChoice] = {
    "local",
    "rotate",
    "sticky",
}


def check_caller_id_choice(value: str) -> CallerIdChoice:
    if value in CALLER_ID_CHOICE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {CALLER_ID_CHOICE_VALUES!r}"
    )
