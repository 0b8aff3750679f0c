from typing import Literal

DetailViewResult = Literal["OK"]

DETAIL_VIEW_RESULT_VALUES: set[DetailViewResult] = {
    "OK",
}


def check_detail_view_result(value: str) -> DetailViewResult:
    if value in DETAIL_VIEW_RESULT_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {DETAIL_VIEW_RESULT_VALUES!r}"
    )
