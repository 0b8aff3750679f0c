"""The operations of recordings, as OpenAPI describes them."""

from engine.model.recording import RecordingState
from engine.model.result import Result
from engine.recordings.catalogue import MAX_PAGE

from .builders import (
    KEY,
    TEXT,
    TOKEN,
    Item,
    answer,
    json_answer,
    operation,
    path_parameter,
    problem,
    query_parameter,
    refusals,
)
from .schemas import ref

_SECURITY = [KEY, TOKEN]
_ID = [path_parameter("id", "Of the recording.")]
_SOUND: Item = {"audio/wav": {"schema": {"type": "string", "format": "binary"}}}


def recording_paths() -> dict[str, Item]:
    """The operations on recordings, and on those of calls that live."""
    refused = refusals(
        Result.INVALID_REQUEST,
        Result.NO_APPLICATION_FOUND,
        Result.NO_ACCOUNT_FOUND,
        Result.INTERNAL_ERROR,
        Result.REQUEST_TIMEOUT,
    )
    missing = {"404": problem("There is no such recording of this key's application.")}
    of_one = refused | missing
    view = ref("RecordingView")
    member = "/api/v1/bvr/recordings/{id}"
    return {
        "/api/v1/bvr/calls/{applicationUUID}/recording": {
            "put": operation(
                "recordings",
                "putCallRecording",
                "Start, pause, resume or stop the recording of a call",
                refused
                | {
                    "200": json_answer(
                        "How it stands now.", ref("CallRecordingStatus")
                    ),
                    "403": _answer_of(
                        "The application does not let its calls be recorded."
                    ),
                    "404": problem("There is no such call of this key's application."),
                    "409": _answer_of(
                        "The call is not answered or has ended, or it is not being recorded."
                    ),
                },
                security=_SECURITY,
                parameters=[path_parameter("applicationUUID", "Of the call.")],
                body=ref("RecordingOrderBody"),
            )
        },
        "/api/v1/bvr/recordings": {
            "get": operation(
                "recordings",
                "getRecordings",
                "List recordings, the newest first",
                refused | {"200": json_answer("A page.", ref("RecordingList"))},
                security=_SECURITY,
                parameters=_filters(),
            )
        },
        member: {
            "get": operation(
                "recordings",
                "getRecording",
                "Show a recording",
                of_one | {"200": json_answer("The recording.", view)},
                security=_SECURITY,
                parameters=_ID,
            ),
            "delete": operation(
                "recordings",
                "deleteRecording",
                "Delete a recording, wherever it is",
                of_one
                | {
                    "202": json_answer(
                        "It is deleted by the process that has it.", view
                    ),
                    "409": _answer_of("It is still being recorded."),
                },
                security=_SECURITY,
                parameters=_ID,
            ),
        },
        f"{member}/audio": {
            "get": operation(
                "recordings",
                "getRecordingAudio",
                "Hear a recording, or a part of it",
                of_one
                | {
                    "200": {"description": "All of it.", "content": _SOUND},
                    "206": {
                        "description": "The range that was asked for.",
                        "content": _SOUND,
                    },
                    "409": _answer_of(
                        "It is not complete, nothing was recorded, or another process has it."
                    ),
                    "410": _answer_of("It is deleted."),
                    "416": {"description": "There is nothing in that range."},
                    "502": _answer_of(
                        "The store that it was uploaded to gives nothing.",
                        Result.INTERNAL_ERROR,
                    ),
                },
                security=_SECURITY,
                parameters=_ID,
            )
        },
        f"{member}/upload": {
            "post": operation(
                "recordings",
                "postRecordingUpload",
                "Try an upload again that was given up",
                of_one
                | {
                    "202": json_answer("It is tried.", view),
                    "409": _answer_of("It was not given up."),
                },
                security=_SECURITY,
                parameters=_ID,
            )
        },
    }


def _answer_of(text: str, result: Result = Result.INVALID_REQUEST) -> Item:
    """A refusal with *result* that *text* explains."""
    return answer([result], {result: text})


def _filters() -> list[Item]:
    limit = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": 100}
    states = {"type": "string", "enum": list(RecordingState)}
    moment = "ISO 8601 (UTC if it names no zone), or how long ago, as 2h."
    return [
        query_parameter("call", "The id of the call, callIndexFull.", TEXT),
        query_parameter("applicationUUID", "Of the request.", TEXT),
        query_parameter("application", "Only of this one; with the admin token.", TEXT),
        query_parameter("account", "Only of this one.", TEXT),
        query_parameter("node", "Only those that this process has recorded.", TEXT),
        query_parameter("state", "Only those in it.", states),
        query_parameter("since", f"Begun at or after it: {moment}", TEXT),
        query_parameter("until", f"Begun before it: {moment}", TEXT),
        query_parameter("limit", "So many at most.", limit),
        query_parameter("before", "The id of the last one that was seen.", TEXT),
    ]
