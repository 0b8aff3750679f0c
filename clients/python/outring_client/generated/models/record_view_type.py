from typing import Literal

RecordViewType = Literal["Call"]

RECORD_VIEW_TYPE_VALUES: set[RecordViewType] = {
    "Call",
}


def check_record_view_type(value: str) -> RecordViewType:
    if value in RECORD_VIEW_TYPE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {RECORD_VIEW_TYPE_VALUES!r}"
    )
