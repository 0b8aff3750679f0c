from typing import Literal

GetOutboundAction = Literal["makeCall", "startApplication"]

GET_OUTBOUND_ACTION_VALUES: set[GetOutboundAction] = {
    "makeCall",
    "startApplication",
}


def check_get_outbound_action(value: str) -> GetOutboundAction:
    if value in GET_OUTBOUND_ACTION_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {GET_OUTBOUND_ACTION_VALUES!r}"
    )
