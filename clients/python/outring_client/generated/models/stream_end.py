from typing import Literal

StreamEnd = Literal["asked", "closed", "hangup", "invalid", "lost", "unreachable"]

STREAM_END_VALUES: set[StreamEnd] = {
    "asked",
    "closed",
    "hangup",
    "invalid",
    "lost",
    "unreachable",
}


def check_stream_end(value: str) -> StreamEnd:
    if value in STREAM_END_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {STREAM_END_VALUES!r}"
    )
