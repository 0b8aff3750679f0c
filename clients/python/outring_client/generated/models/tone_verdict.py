from typing import Literal

ToneVerdict = Literal["busy", "congestion", "unreachable"]

TONE_VERDICT_VALUES: set[ToneVerdict] = {
    "busy",
    "congestion",
    "unreachable",
}


def check_tone_verdict(value: str) -> ToneVerdict:
    if value in TONE_VERDICT_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {TONE_VERDICT_VALUES!r}"
    )
