from typing import Literal

GetContactsEnd = Literal[
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

GET_CONTACTS_END_VALUES: set[GetContactsEnd] = {
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


def check_get_contacts_end(value: str) -> GetContactsEnd:
    if value in GET_CONTACTS_END_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {GET_CONTACTS_END_VALUES!r}"
    )
