from typing import Literal

ContactState = Literal["calling", "done", "waiting"]

CONTACT_STATE_VALUES: set[ContactState] = {
    "calling",
    "done",
    "waiting",
}


def check_contact_state(value: str) -> ContactState:
    if value in CONTACT_STATE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {CONTACT_STATE_VALUES!r}"
    )
