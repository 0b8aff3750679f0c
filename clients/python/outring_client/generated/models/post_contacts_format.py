from typing import Literal

PostContactsFormat = Literal["csv", "ndjson"]

POST_CONTACTS_FORMAT_VALUES: set[PostContactsFormat] = {
    "csv",
    "ndjson",
}


def check_post_contacts_format(value: str) -> PostContactsFormat:
    if value in POST_CONTACTS_FORMAT_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {POST_CONTACTS_FORMAT_VALUES!r}"
    )
