from typing import Literal

EndRequester = Literal["application", "client", "defect", "limit", "operator", "stop"]

END_REQUESTER_VALUES: set[EndRequester] = {
    "application",
    "client",
    "defect",
    "limit",
    "operator",
    "stop",
}


def check_end_requester(value: str) -> EndRequester:
    if value in END_REQUESTER_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {END_REQUESTER_VALUES!r}"
    )
