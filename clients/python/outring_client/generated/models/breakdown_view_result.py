from typing import Literal

BreakdownViewResult = Literal["OK"]

BREAKDOWN_VIEW_RESULT_VALUES: set[BreakdownViewResult] = {
    "OK",
}


def check_breakdown_view_result(value: str) -> BreakdownViewResult:
    if value in BREAKDOWN_VIEW_RESULT_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {BREAKDOWN_VIEW_RESULT_VALUES!r}"
    )
