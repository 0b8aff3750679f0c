"""The operations on live calls of type STREAM, as OpenAPI describes them."""

from engine.model.result import Result

from .builders import (
    KEY,
    TOKEN,
    Item,
    answer,
    json_answer,
    operation,
    path_parameter,
    problem,
    refusals,
)
from .schemas import ref

_INVALID = Result.INVALID_REQUEST
_CONFLICT = (
    "The call is steered by its document, is not answered or has ended, its stream does "
    "not run{more}."
)


def call_order_paths() -> dict[str, Item]:
    """What a client may order while the stream of a call runs."""
    return {
        "/api/v1/bvr/calls/{applicationUUID}/play": {
            "post": _order(
                "postPlay",
                "Play a sound, or a text as speech, to the far end",
                "PlayBody",
                ", or too many sounds wait",
            ),
            "delete": _order(
                "deletePlay",
                "Stop the sound that plays, and those that wait",
                None,
                "",
            ),
        },
        "/api/v1/bvr/calls/{applicationUUID}/digits": {
            "post": _order(
                "postDigits",
                "Send DTMF digits to the far end",
                "DigitsBody",
                "",
            )
        },
        "/api/v1/bvr/calls/{applicationUUID}/transfer": {
            "post": _order(
                "postTransfer",
                "Transfer the far end",
                "TransferBody",
                ", or another transfer is under way",
            )
        },
    }


def _order(name: str, summary: str, body: str | None, more: str) -> Item:
    refused = refusals(
        _INVALID,
        Result.NO_APPLICATION_FOUND,
        Result.NO_ACCOUNT_FOUND,
        Result.INTERNAL_ERROR,
        Result.REQUEST_TIMEOUT,
    )
    responses = {
        "202": json_answer("It was taken.", ref("OrderTaken")),
        "404": problem("There is no such call of this key's application."),
        "409": answer([_INVALID], {_INVALID: _CONFLICT.format(more=more)}),
    }
    return operation(
        "calls",
        name,
        summary,
        refused | responses,
        security=[KEY, TOKEN],
        parameters=[path_parameter("applicationUUID", "Of the call.")],
        body=None if body is None else ref(body),
    )
