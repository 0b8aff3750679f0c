"""The calls resource of Twilio's REST API in the OpenAPI description."""

from engine.http.basichttp_event import FORM
from engine.http.twilio import CALL, ENDS

from .builders import TEXT, Item, json_answer, operation, path_parameter
from .schemas import ref

BASIC: Item = {"basic": []}


def twilio_paths() -> dict[str, Item]:
    """The operations of the resource."""
    responses: dict[str, Item] = {
        "200": json_answer("The call.", ref("TwilioCall")),
        "401": json_answer("User or password is wrong.", ref("TwilioError")),
        "404": json_answer("The account has no such call.", ref("TwilioError")),
        "503": json_answer("It is not known at present.", ref("TwilioError")),
    }
    invalid = json_answer("Status is neither of the two.", ref("TwilioError"))
    parameters = [
        path_parameter("AccountSid", "Of the account; also the user."),
        path_parameter("CallSid", "Of the call; .json may follow."),
    ]
    get = operation(
        "twilio",
        "getTwilioCall",
        "Show a call by its CallSid",
        responses,
        security=[BASIC],
        parameters=parameters,
    )
    post = operation(
        "twilio",
        "postTwilioCall",
        "Hang a call up by its CallSid",
        responses | {"400": invalid},
        security=[BASIC],
        parameters=parameters,
    )
    schema = {
        "type": "object",
        "properties": {"Status": {**TEXT, "enum": list(ENDS)}},
        "required": ["Status"],
    }
    content = {FORM: {"schema": schema}}
    post["requestBody"] = {"required": True, "content": content}
    return {CALL: {"get": get, "post": post}}
