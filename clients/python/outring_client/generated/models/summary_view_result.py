from typing import Literal

SummaryViewResult = Literal["OK"]

SUMMARY_VIEW_RESULT_VALUES: set[SummaryViewResult] = {
    "OK",
}


def check_summary_view_result(value: str) -> SummaryViewResult:
    if value in SUMMARY_VIEW_RESULT_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {SUMMARY_VIEW_RESULT_VALUES!r}"
    )
