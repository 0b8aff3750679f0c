from typing import Literal

ValidateContactsFormat = Literal["csv", "ndjson"]

VALIDATE_CONTACTS_FORMAT_VALUES: set[ValidateContactsFormat] = {
    "csv",
    "ndjson",
}


def check_validate_contacts_format(value: str) -> ValidateContactsFormat:
    if value in VALIDATE_CONTACTS_FORMAT_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {VALIDATE_CONTACTS_FORMAT_VALUES!r}"
    )
