"""The operations of campaigns and suppressions, as OpenAPI describes them."""

from collections.abc import Sequence

from engine.http.campaign_access import MAX_PAGE
from engine.http.campaigns import CSV_TYPE, MAX_REPORT_DAYS
from engine.model.campaign import ContactEnd, ContactState
from engine.model.result import Result
from engine.platform.objects import KINDS

from .builders import (
    KEY,
    TEXT,
    TOKEN,
    Item,
    json_answer,
    operation,
    path_parameter,
    problem,
    query_parameter,
    refusals,
)
from .details import LINES
from .schemas import Schema, change_name, ref

_BYTES: Schema = {"type": "string", "format": "binary"}
_TO = "+4930123456"
_CONTACT_LINE = f'{{"key": "c-1001", "to": "{_TO}", "parameters": {{"name": "Ada"}}}}'
_CAMPAIGN = "/api/v1/campaigns/{name}"
_CONTACT = f"{_CAMPAIGN}/contacts/{{key}}"
_AGENT = f"{_CAMPAIGN}/agents/{{id}}"
_LISTS = "/api/v1/suppressions"
_LIST = f"{_LISTS}/{{list}}"
_NUMBER = f"{_LIST}/{{number}}"
_SECURITY = [KEY, TOKEN]
_NAME = path_parameter("name", "Of the campaign.")
_KIND = KINDS["campaign"]


def campaign_paths() -> dict[str, Item]:
    """The operations on campaigns, contacts, agents and suppressions."""
    return _campaigns() | _states() | _contacts() | _results() | _agents() | _lists()


def _operation(
    tag: str,
    name: str,
    summary: str,
    responses: dict[str, Item],
    parameters: Sequence[Item] = (),
    body: Schema | None = None,
) -> Item:
    refused = refusals(
        Result.INVALID_REQUEST,
        Result.NO_APPLICATION_FOUND,
        Result.NO_ACCOUNT_FOUND,
        Result.REQUEST_TIMEOUT,
    ) | {
        "400": json_answer("It cannot be so, or the key is not known.", _MISTAKES),
        "404": problem("There is none that this client may see."),
        "503": problem("The database cannot be reached."),
    }
    return operation(
        tag,
        name,
        summary,
        refused | responses,
        security=_SECURITY,
        parameters=parameters,
        body=body,
    )


_MISTAKES: Schema = {"anyOf": [ref("Mistakes"), ref("AnswerBody")]}


def _of_campaign(
    name: str,
    summary: str,
    responses: dict[str, Item],
    parameters: Sequence[Item] = (),
    body: Schema | None = None,
) -> Item:
    return _operation("campaigns", name, summary, responses, [_NAME, *parameters], body)


def _with_lines(item: Item, example: str) -> Item:
    """Give the operation *item* a body of lines of NDJSON, as *example*.

    That lines may be CSV stands in the texts: generators of clients send the last one of
    several content types.
    """
    content = {LINES: {"schema": _BYTES, "example": example}}
    return {**item, "requestBody": {"required": True, "content": content}}


def _without_need(item: Item) -> Item:
    """Let the body of the operation *item*, if it has one, be left out."""
    if "requestBody" not in item:
        return item
    return {**item, "requestBody": {**item["requestBody"], "required": False}}


_VIEW = json_answer("As it is now.", ref("CampaignView"))


def _campaigns() -> dict[str, Item]:
    return {
        "/api/v1/campaigns": {
            "get": _operation(
                "campaigns",
                "listCampaigns",
                "List campaigns, with how far they have come",
                {"200": json_answer("By their names.", ref("CampaignList"))},
            )
        },
        _CAMPAIGN: {
            "put": _of_campaign(
                "putCampaign",
                "Make a campaign, or make it another",
                {
                    "200": _VIEW,
                    "201": json_answer("It is new.", ref("CampaignView")),
                    "409": problem("It is running with another body."),
                },
                body=ref("CampaignBody"),
            ),
            "patch": _of_campaign(
                "updateCampaign",
                "Change members of a campaign, also while it runs",
                {"200": _VIEW, "409": problem("It changed meanwhile.")},
                body=ref(change_name(_KIND)),
            ),
            "get": _of_campaign(
                "showCampaign",
                "Show a campaign, and how far it has come",
                {"200": _VIEW},
            ),
            "delete": _of_campaign(
                "removeCampaign",
                "Remove a campaign with its contacts",
                {
                    "204": {"description": "It was removed."},
                    "409": problem("It is running."),
                },
            ),
        },
    }


def _states() -> dict[str, Item]:
    states = (
        ("start", "Have a campaign call, or go on", None),
        ("pause", "Have a campaign place no more calls", ref("PauseBody")),
        ("cancel", "End a campaign for good", ref("CancelBody")),
    )
    return {
        f"{_CAMPAIGN}/{verb}": {
            "post": _without_need(
                _of_campaign(
                    f"{verb}Campaign",
                    summary,
                    {"200": _VIEW, "409": problem("Its state does not allow it.")},
                    body=body,
                )
            )
        }
        for verb, summary, body in states
    }


def _contacts() -> dict[str, Item]:
    formats = {"type": "string", "enum": ["ndjson", "csv"]}
    sent = [
        query_parameter(
            "from_line",
            "Lines before it are passed over, but for the first line of CSV.",
            {"type": "integer", "minimum": 1, "default": 1},
        ),
        query_parameter("format", "Else CSV if the Content-Type is text/csv.", formats),
    ]
    return {
        f"{_CAMPAIGN}/contacts": {
            "post": _with_lines(
                _of_campaign(
                    "postContacts",
                    "Import contacts, as lines of NDJSON or CSV",
                    {
                        "200": json_answer(
                            "What became of the lines.", ref("ImportResult")
                        ),
                        "409": problem("The campaign is cancelled."),
                        "503": json_answer(
                            "The database is away; lines before are stored.",
                            ref("ImportStopped"),
                        ),
                    },
                    sent,
                ),
                _CONTACT_LINE,
            ),
            "get": _of_campaign(
                "getContacts",
                "Search contacts",
                {"200": json_answer("A page.", ref("ContactList"))},
                _contact_filters(),
            ),
        },
        f"{_CAMPAIGN}/validate": {
            "post": _with_lines(
                _of_campaign(
                    "validateContacts",
                    "Check contacts without importing them",
                    {"200": json_answer("What an import would do.", ref("Validation"))},
                    sent,
                ),
                _CONTACT_LINE,
            )
        },
        _CONTACT: {
            "get": _of_campaign(
                "getContact",
                "Show a contact, and all attempts on it",
                {"200": json_answer("The contact.", ref("ContactDetail"))},
                [_KEY_OF_CONTACT],
            )
        },
        f"{_CONTACT}/why": {
            "get": _of_campaign(
                "getContactWhy",
                "Ask why a contact is called, or is not",
                {"200": json_answer("What each rule says.", ref("ContactWhy"))},
                [_KEY_OF_CONTACT],
            )
        },
    }


_KEY_OF_CONTACT = path_parameter("key", "Of the contact, URL-encoded.")


def _contact_filters() -> list[Item]:
    return [
        query_parameter("key", "How the key begins.", TEXT),
        query_parameter("number", "A part of one of the numbers.", TEXT),
        query_parameter(
            "state", "Only those in it.", {"type": "string", "enum": [*ContactState]}
        ),
        query_parameter(
            "end", "Only those done for it.", {"type": "string", "enum": [*ContactEnd]}
        ),
        query_parameter("after", "The next of the answer before.", TEXT),
        _limit(),
    ]


def _limit() -> Item:
    schema = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": 100}
    return query_parameter("limit", "So many at most.", schema)


def _results() -> dict[str, Item]:
    days = {"type": "integer", "minimum": 1, "maximum": MAX_REPORT_DAYS, "default": 30}
    formats = {"type": "string", "enum": ["json", "csv"], "default": "json"}
    report = json_answer("A row for each day.", ref("CampaignReport"))
    report["content"][CSV_TYPE] = {"schema": TEXT}
    return {
        f"{_CAMPAIGN}/attempts": {
            "get": _of_campaign(
                "getAttempts",
                "List attempts in the order in which they were reserved",
                {"200": json_answer("A page.", ref("AttemptList"))},
                [
                    query_parameter(
                        "since",
                        "Reserved at this ISO 8601 time or later; or how long ago, as 2h.",
                        TEXT,
                    ),
                    query_parameter("after", "The next of the answer before.", TEXT),
                    _limit(),
                ],
            )
        },
        f"{_CAMPAIGN}/report": {
            "get": _of_campaign(
                "getCampaignReport",
                "Count attempts by day and outcome",
                {"200": report},
                [
                    query_parameter("days", "Today and so many before.", days),
                    query_parameter("format", "Of the answer.", formats),
                ],
            )
        },
    }


def _agents() -> dict[str, Item]:
    identity = path_parameter("id", "Of the agent.")
    return {
        f"{_CAMPAIGN}/agents": {
            "get": _of_campaign(
                "getAgents",
                "List the agents of a campaign",
                {"200": json_answer("Those that hold.", ref("AgentList"))},
            )
        },
        _AGENT: {
            "put": _of_campaign(
                "putAgent",
                "Say what an agent does",
                {"200": json_answer("As it stands now.", ref("AgentView"))},
                [identity],
                ref("AgentBody"),
            ),
            "delete": _of_campaign(
                "deleteAgent",
                "Forget an agent",
                {"204": {"description": "It is forgotten."}},
                [identity],
            ),
        },
    }


def _of_list(
    name: str,
    summary: str,
    responses: dict[str, Item],
    parameters: Sequence[Item] = (),
    body: Schema | None = None,
) -> Item:
    return _operation("suppressions", name, summary, responses, parameters, body)


def _lists() -> dict[str, Item]:
    name = path_parameter("list", "Of the list.")
    number = path_parameter("number", "With its plus, URL-encoded.")
    view = json_answer("The entry.", ref("SuppressionView"))
    return {
        _LISTS: {
            "get": _of_list(
                "getSuppressionLists",
                "Count the numbers of each suppression list",
                {"200": json_answer("Each list.", ref("SuppressionCounts"))},
            )
        },
        f"{_LISTS}/check": {
            "get": _of_list(
                "checkSuppression",
                "Ask which lists a number stands on",
                {"200": json_answer("Its entries.", ref("SuppressionCheck"))},
                [
                    query_parameter("number", "With its plus.", TEXT, required=True),
                    query_parameter("list", "Only this one.", TEXT),
                ],
            )
        },
        _LIST: {
            "get": _of_list(
                "getSuppressions",
                "List the entries of a list",
                {"200": json_answer("A page.", ref("SuppressionPage"))},
                [
                    name,
                    query_parameter("after", "The next of the answer before.", TEXT),
                    _limit(),
                ],
            ),
            "post": _with_lines(
                _of_list(
                    "postSuppressions",
                    "Put many numbers on a list, as lines of NDJSON",
                    {
                        "200": json_answer(
                            "What became of them.", ref("SuppressionImport")
                        )
                    },
                    [name],
                ),
                f'{{"number": "{_TO}"}}',
            ),
        },
        _NUMBER: {
            "put": _without_need(
                _of_list(
                    "putSuppression",
                    "Put a number on a list",
                    {"200": view},
                    [name, number],
                    ref("SuppressionBody"),
                )
            ),
            "get": _of_list(
                "getSuppression",
                "Show the entry of a number",
                {"200": view},
                [name, number],
            ),
            "delete": _of_list(
                "deleteSuppression",
                "Take a number off a list",
                {"204": {"description": "It was taken off."}},
                [name, number],
            ),
        },
    }
