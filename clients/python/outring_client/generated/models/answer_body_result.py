from typing import Literal

AnswerBodyResult = Literal[
    "Account call limit",
    "Application call limit",
    "Application started",
    "Application timeout",
    "BVR call limit",
    "Call connected",
    "Call failed",
    "CCXML error",
    "CCXML server not running",
    "Internal Error",
    "Invalid action",
    "Invalid application type",
    "Invalid JSON",
    "Invalid request",
    "Invalid URI",
    "License limit",
    "Missing to value",
    "No account found",
    "No application found",
    "No BVR to handle outbound API",
    "No request body",
    "Number denied",
    "Request accepted",
    "Request timeout",
    "Server shutdown",
]

ANSWER_BODY_RESULT_VALUES: set[AnswerBodyResult] = {
    "Account call limit",
    "Application call limit",
    "Application started",
    "Application timeout",
    "BVR call limit",
    "Call connected",
    "Call failed",
    "CCXML error",
    "CCXML server not running",
    "Internal Error",
    "Invalid action",
    "Invalid application type",
    "Invalid JSON",
    "Invalid request",
    "Invalid URI",
    "License limit",
    "Missing to value",
    "No account found",
    "No application found",
    "No BVR to handle outbound API",
    "No request body",
    "Number denied",
    "Request accepted",
    "Request timeout",
    "Server shutdown",
}


def check_answer_body_result(value: str) -> AnswerBodyResult:
    if value in ANSWER_BODY_RESULT_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {ANSWER_BODY_RESULT_VALUES!r}"
    )
