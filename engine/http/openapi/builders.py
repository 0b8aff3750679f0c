"""The parts that the descriptions of operations are put together from."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.http.basichttp_event import FORM
from engine.model.result import Result

from .schemas import Schema, ref

Item = dict[str, Any]

KEY: Item = {"apiKey": []}
TOKEN: Item = {"adminToken": []}
TEXT: Schema = {"type": "string"}
TRUTH: Schema = {"type": "boolean", "default": False}


def operation(
    tag: str,
    name: str,
    summary: str,
    responses: dict[str, Item],
    *,
    security: Sequence[Item] = (),
    parameters: Sequence[Item] = (),
    body: Schema | None = None,
    form: Schema | None = None,
) -> Item:
    """An operation, by its tag, name and summary; each may also meet a defect of ours.

    *body* is JSON; *form* what may be sent as a form instead.
    """
    responses = refusals(Result.INTERNAL_ERROR) | responses
    described = {
        "tags": [tag],
        "operationId": name,
        "summary": summary,
        "security": list(security),
        "responses": dict(sorted(responses.items())),
    }
    if parameters:
        described["parameters"] = list(parameters)
    if body is not None:
        content = {"application/json": {"schema": body}}
        if form is not None:
            content[FORM] = {"schema": form}
        described["requestBody"] = {"required": True, "content": content}
    return described


def json_answer(text: str, schema: Schema) -> Item:
    """A response with JSON."""
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def problem(text: str) -> Item:
    """A response that says why something was not done."""
    return json_answer(text, ref("Problem"))


def parameter(where: str, name: str, text: str, schema: Schema, **more: object) -> Item:
    """A parameter in header, path or query, as *where* says."""
    return {"name": name, "in": where, "description": text, "schema": schema, **more}


def query_parameter(name: str, text: str, schema: Schema, **more: object) -> Item:
    """A parameter of the query."""
    return parameter("query", name, text, schema, **more)


def path_parameter(name: str, text: str) -> Item:
    """A part of the path."""
    return parameter("path", name, text, TEXT, required=True)


def refusals(
    *results: Result, meanings: Mapping[Result, str] | None = None
) -> dict[str, Item]:
    """A response for each status that *results* have, with those that it may be.

    *meanings*: when they come, where that is not what it is for a call.
    """
    statuses = sorted({int(result.http_status) for result in results})
    return {
        str(status): answer(
            (result for result in results if result.http_status == status), meanings
        )
        for status in statuses
    }


def answer(
    results: Iterable[Result], meanings: Mapping[Result, str] | None = None
) -> Item:
    """A response that carries one of *results*; *meanings* as in ``refusals``."""
    meant = {result: result.meaning for result in results}
    meant |= {
        result: text for result, text in (meanings or {}).items() if result in meant
    }
    texts = " ".join(f"`{result.text}`: {meaning}" for result, meaning in meant.items())
    names = [result.text for result in meant]
    only = {"properties": {"result": {"enum": names}}}
    response = json_answer(texts, {"allOf": [ref("AnswerBody"), only]})
    response["content"]["application/json"]["example"] = {"result": names[0]}
    return response


def object_of(**members: Schema) -> Schema:
    """An object that has all of *members*."""
    return {"type": "object", "properties": members, "required": list(members)}
