from typing import Literal

GetContactsState = Literal["calling", "done", "waiting"]

GET_CONTACTS_STATE_VALUES: set[GetContactsState] = {
    "calling",
    "done",
    "waiting",
}


def check_get_contacts_state(value: str) -> GetContactsState:
    if value in GET_CONTACTS_STATE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {GET_CONTACTS_STATE_VALUES!r}"
    )
