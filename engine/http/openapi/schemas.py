"""The schemas of the OpenAPI description, made of the types that the API reads and writes."""

from typing import Any

import msgspec
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

from engine.administration.admin import KeyFacts, PauseView
from engine.applications import TracesView
from engine.campaigns.campaign_views import (
    AgentView,
    AttemptList,
    CampaignList,
    CampaignReport,
    CampaignView,
    ContactDetail,
    ContactList,
    ContactWhy,
    SuppressionView,
)
from engine.campaigns.suppression_lines import SuppressionBody
from engine.dialer.reply import AnswerBody
from engine.http.admin import (
    Applied,
    CallsEnded,
    Mistakes,
    NodeStatus,
    RecordCount,
)
from engine.http.basichttp import Taken
from engine.http.basichttp_event import SendBody
from engine.http.call_orders import DigitsBody, PlayBody, TransferBody
from engine.http.campaign_agents import AgentBody, AgentList
from engine.http.campaign_contacts import ImportResult, ImportStopped, Validation
from engine.http.campaigns import CancelBody, PauseBody
from engine.http.events import EventList
from engine.http.health import Alive, Ready
from engine.http.recordings import RecordingList, RecordingOrderBody
from engine.http.responses import Problem
from engine.http.suppressions import (
    SuppressionCheck,
    SuppressionCounts,
    SuppressionImport,
    SuppressionPage,
)
from engine.http.twilio import TwilioCall, TwilioError
from engine.http.webhooks import DeliveryList, NewSecret, Replay, WebhookTrial
from engine.model.call_order import OrderTaken
from engine.model.outbound_request import Hints, RequestBody
from engine.model.recording import CallRecordingStatus
from engine.monitoring import LiveCall, LiveState, PointView
from engine.monitoring.proxy_status import ProxyStatusView
from engine.monitoring.status_views import BreakdownView, DetailView, SummaryView
from engine.platform.objects import KINDS, ObjectKind, Objects
from engine.recordings.recording_view import RecordingView
from engine.records.record_view import RecordView

Schema = dict[str, Any]

_REF = "#/components/schemas/{}"
_TYPES = (
    RequestBody,
    Hints,
    AnswerBody,
    SendBody,
    Taken,
    Problem,
    Mistakes,
    RecordView,
    TracesView,
    SummaryView,
    BreakdownView,
    DetailView,
    Applied,
    CallsEnded,
    NodeStatus,
    RecordCount,
    PauseView,
    DeliveryList,
    Replay,
    NewSecret,
    WebhookTrial,
    Alive,
    Ready,
    LiveState,
    LiveCall,
    ProxyStatusView,
    PointView,
    EventList,
    TwilioCall,
    TwilioError,
    RecordingList,
    RecordingView,
    RecordingOrderBody,
    CallRecordingStatus,
    PlayBody,
    DigitsBody,
    TransferBody,
    OrderTaken,
    CampaignView,
    CampaignList,
    CampaignReport,
    PauseBody,
    CancelBody,
    ContactList,
    ContactDetail,
    ContactWhy,
    AttemptList,
    ImportResult,
    ImportStopped,
    Validation,
    AgentBody,
    AgentView,
    AgentList,
    SuppressionBody,
    SuppressionView,
    SuppressionPage,
    SuppressionCounts,
    SuppressionCheck,
    SuppressionImport,
)


def ref(name: str) -> Schema:
    """A reference to the schema *name*: that of a type, or as ``view_name`` and its kin give it."""
    return {"$ref": _REF.format(name)}


def view_name(kind: ObjectKind) -> str:
    """Name of the schema that an object of *kind* has in answers."""
    return kind.model.__name__


def fields_name(kind: ObjectKind) -> str:
    """Name of the schema that an object of *kind* has in a request that adds it."""
    return f"{kind.model.__name__}Fields"


def change_name(kind: ObjectKind) -> str:
    """Name of the schema of a request that changes an object of *kind*."""
    return f"{kind.model.__name__}Change"


def components() -> dict[str, Schema]:
    """All schemas by their names, as ``components/schemas`` of the description."""
    _, schemas = msgspec.json.schema_components(
        _TYPES, ref_template=_REF.format("{name}")
    )
    body = schemas["RequestBody"]
    body["properties"]["hints"] = {"anyOf": [ref("Hints"), {"type": "null"}]}
    body["examples"] = [{"action": "makeCall", "to": "sip:alice@example.com"}]
    for kind in KINDS.values():
        schemas |= _of_kind(kind)
    return schemas | {"Objects": _objects(), "CampaignBody": _campaign_body()}


def _campaign_body() -> Schema:
    """A campaign as it is put: its id stands in the path, its application is the key's."""
    fields = _as_added(_make_declared_schema(KINDS["campaign"]))
    properties = {key: it for key, it in fields["properties"].items() if key != "id"}
    application = {**properties["application"]}
    about = f"{application.pop('description')} That of the key, if none is given."
    properties["application"] = {**application, "description": about}
    return {**fields, "properties": properties, "required": []}


def _of_kind(kind: ObjectKind) -> dict[str, Schema]:
    view, _ = _of_model(kind.model, "serialization")
    _, parts = _of_model(kind.model, "validation")
    declared = _make_declared_schema(kind)
    schemas = {
        **parts,
        view_name(kind): _as_view(kind, view),
        change_name(kind): _as_change(declared),
    }
    return schemas | ({fields_name(kind): _as_added(declared)} if kind.identity else {})


def _of_model(
    model: type[BaseModel], mode: JsonSchemaMode
) -> tuple[Schema, dict[str, Schema]]:
    """The schema of *model*, and those that it refers to."""
    schema = model.model_json_schema(
        mode=mode, ref_template=_REF.format("{model}"), schema_generator=_Untitled
    )
    del schema["title"]  # one model has several schemas
    return schema, schema.pop("$defs", {})


class _Untitled(GenerateJsonSchema):
    """Fields get no title, which would only be their name again."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002
        return False


def _make_declared_schema(kind: ObjectKind) -> Schema:
    """An object of *kind* as requests declare it: with its secret, or the hash of it."""
    schema, _ = _of_model(kind.model, "validation")
    secret = kind.secret
    if secret is None:
        return schema
    required = [name for name in schema.get("required", ()) if name != secret.held]
    if not secret.is_hashed:
        held = {**schema["properties"][secret.held], "writeOnly": True}
        properties = {**schema["properties"], secret.held: held}
        return {**schema, "properties": properties, "required": required}
    properties = {
        **schema["properties"],
        secret.given: {
            "type": "string",
            "writeOnly": True,
            "description": secret.help,
        },
    }
    both = {"required": [secret.given, secret.held]}
    return {**schema, "properties": properties, "required": required, "not": both}


def _as_view(kind: ObjectKind, schema: Schema) -> Schema:
    """*schema* without the hash of a secret, and with the fields that only answers have."""
    properties = dict(schema["properties"])
    if kind.secret:
        del properties[kind.secret.held]
    if kind.table == "key":
        facts = msgspec.json.schema_components([KeyFacts])[1]["KeyFacts"]
        properties |= facts["properties"]
    required = list(properties)
    if kind.table == "key":
        properties["key"] = {
            "type": "string",
            "readOnly": True,
            "description": "A key that was made up; shown this once.",
        }
    if kind.secret and not kind.secret.is_hashed:
        held = schema["properties"][kind.secret.held]
        if held.get("type") == "array":  # one may be made up here
            properties[kind.secret.held] = {
                "type": "array",
                "items": {"type": "string"},
                "readOnly": True,
                "description": "One that was made up; shown this once.",
            }
    if kind.pause:
        properties["paused"] = {
            **ref("PauseView"),
            "description": "Only while it takes no new calls, or no events.",
        }
    properties["warnings"] = {
        "type": "array",
        "items": {"type": "string"},
        "description": "References to what does not exist, after a change.",
    }
    return {
        "type": "object",
        "description": schema["description"],
        "properties": properties,
        "required": required,
    }


def _as_added(schema: Schema) -> Schema:
    """*schema* in which every optional field may be null, which is its default."""
    properties = {
        name: field if name in schema.get("required", ()) else _allow_null(field)
        for name, field in schema["properties"].items()
    }
    return {**schema, "properties": properties}


def _as_change(schema: Schema) -> Schema:
    """*schema* with nothing required; null sets a field back to its default."""
    fields = schema["properties"].items()
    return {
        "type": "object",
        "description": f"{schema['description']} Null sets a member back to its default.",
        "properties": {name: _allow_null(field) for name, field in fields},
        "additionalProperties": False,
    }


def _allow_null(field: Schema) -> Schema:
    rest = dict(field)
    about = {"description": rest.pop("description")}
    if rest.pop("default", "") is None:
        return about | rest
    return {**about, "anyOf": [rest, {"type": "null"}]}


def _objects() -> Schema:
    """All objects of a platform as one tree, each as it is added."""
    schema, _ = _of_model(Objects, "validation")
    for kind in KINDS.values():
        field = schema["properties"][kind.table]
        if "items" in field:
            field["items"] = _make_declared_schema(kind)
        else:
            schema["properties"][kind.table] = _make_declared_schema(kind)
    return schema
