"""The parts that the descriptions of operations are put together from."""

from collections.abc import Iterable, Sequence
from typing import Any

from engine.results import Result

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
) -> Item:
    """An operation, by its tag, name and summary; each may also meet a defect of ours."""
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


def refusals(*results: Result) -> dict[str, Item]:
    """A response for each status that *results* have, with those that it may be."""
    statuses = sorted({int(one.http_status) for one in results})
    return {
        str(status): answer(one for one in results if one.http_status == status)
        for status in statuses
    }


def answer(results: Iterable[Result]) -> Item:
    """A response that carries one of *results*."""
    results = list(results)
    texts = " ".join(f"`{one.text}`: {one.meaning}" for one in results)
    only = {"properties": {"result": {"enum": [one.text for one in results]}}}
    response = json_answer(texts, {"allOf": [ref("AnswerBody"), only]})
    response["content"]["application/json"]["example"] = {"result": results[0].text}
    return response


def object_of(**members: Schema) -> Schema:
    """An object that has all of *members*."""
    return {"type": "object", "properties": members, "required": list(members)}
