from typing import Literal

HintsRecordType0 = Literal["call"]

HINTS_RECORD_TYPE_0_VALUES: set[HintsRecordType0] = {
    "call",
}


def check_hints_record_type_0(value: str) -> HintsRecordType0:
    if value in HINTS_RECORD_TYPE_0_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {HINTS_RECORD_TYPE_0_VALUES!r}"
    )
