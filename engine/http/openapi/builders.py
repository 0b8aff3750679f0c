"""Builders of the parts that descriptions of operations are made of."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.http.basichttp_event import FORM
from engine.model.result import Result

from .details import RESULT_EXAMPLES
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
    """An Operation Object (OpenAPI 3.1 §4.8.10) with the operationId *name*.

    *responses* are by HTTP status; the answer to a defect is added. *body* is the schema of
    a JSON body, *form* that of a form that may be sent instead.
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
    """A response with a JSON body of *schema*, described by *text*."""
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def problem(text: str) -> Item:
    """A response with a ``Problem``, which says why something was not done."""
    return json_answer(text, ref("Problem"))


def parameter(where: str, name: str, text: str, schema: Schema, **more: object) -> Item:
    """A parameter; *where* is ``header``, ``path`` or ``query``, *more* further fields."""
    return {"name": name, "in": where, "description": text, "schema": schema, **more}


def query_parameter(name: str, text: str, schema: Schema, **more: object) -> Item:
    """A query parameter, see ``parameter``."""
    return parameter("query", name, text, schema, **more)


def path_parameter(name: str, text: str) -> Item:
    """A part of the path, as a text."""
    return parameter("path", name, text, TEXT, required=True)


def refusals(
    *results: Result, meanings: Mapping[Result, str] | None = None
) -> dict[str, Item]:
    """A response for each HTTP status that *results* have, listing those with that status.

    *meanings* are texts for results that mean something else here than for a call.
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
    # Beside the reference, not in an allOf: generators of clients then make one type of all.
    schema = ref("AnswerBody") | {"properties": {"result": {"enum": names}}}
    response = json_answer(texts, schema)
    response["content"]["application/json"]["examples"] = {
        name: {"value": RESULT_EXAMPLES[name]} for name in names
    }
    return response


def object_of(**members: Schema) -> Schema:
    """The schema of an object with all of *members*, each of them required."""
    return {"type": "object", "properties": members, "required": list(members)}
