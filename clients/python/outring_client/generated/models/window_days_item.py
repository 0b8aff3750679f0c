from typing import Literal

WindowDaysItem = Literal["fri", "mon", "sat", "sun", "thu", "tue", "wed"]

WINDOW_DAYS_ITEM_VALUES: set[WindowDaysItem] = {
    "fri",
    "mon",
    "sat",
    "sun",
    "thu",
    "tue",
    "wed",
}


def check_window_days_item(value: str) -> WindowDaysItem:
    if value in WINDOW_DAYS_ITEM_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {WINDOW_DAYS_ITEM_VALUES!r}"
    )
