from typing import Literal

CancelBodyLive = Literal["hangup", "keep"]

CANCEL_BODY_LIVE_VALUES: set[CancelBodyLive] = {
    "hangup",
    "keep",
}


def check_cancel_body_live(value: str) -> CancelBodyLive:
    if value in CANCEL_BODY_LIVE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {CANCEL_BODY_LIVE_VALUES!r}"
    )
