"""Each operation has a text, examples that are valid, and samples that ask for it."""

import ast
import re
import shlex
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs
import pytest

from engine.http.openapi.description import description
from engine.http.openapi.details import RESULT_EXAMPLES, SCHEMA_EXAMPLES
from engine.http.openapi.operation_texts import describe_operation
from engine.model.result import Result

JSON = "application/json"
OPERATIONS = {
    operation["operationId"]: (method, path, operation)
    for path, item in description()["paths"].items()
    for method, operation in item.items()
}


def check(schema: dict[str, Any], value: object) -> None:
    """Raise if *value* is none of *schema*."""
    whole = {**schema, "components": description()["components"]}
    jsonschema_rs.validator_for(whole).validate(value)


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_has_a_text_of_its_own(name: str) -> None:
    _, _, operation = OPERATIONS[name]

    assert operation["description"] == describe_operation(name)
    assert operation["description"] != operation["summary"]


def test_no_two_operations_of_a_path_share_a_text() -> None:
    for item in description()["paths"].values():
        texts = [operation["description"] for operation in item.values()]
        assert len({*texts}) == len(texts)


@pytest.mark.parametrize("name", OPERATIONS)
def test_answers_and_bodies_have_examples_that_are_valid(name: str) -> None:
    _, _, operation = OPERATIONS[name]
    parts = [*operation["responses"].values(), operation.get("requestBody", {})]
    for media in (
        part["content"][JSON] for part in parts if JSON in part.get("content", ())
    ):
        examples = [example["value"] for example in media.get("examples", {}).values()]
        for value in examples or [media["example"]]:
            check(media["schema"], value)


@pytest.mark.parametrize("result", Result)
def test_every_result_has_an_example(result: Result) -> None:
    example = RESULT_EXAMPLES[result.text]

    assert example["result"] == result.text
    check({"$ref": "#/components/schemas/AnswerBody"}, example)


@pytest.mark.parametrize("name", SCHEMA_EXAMPLES)
def test_every_example_is_one_of_its_schema(name: str) -> None:
    check({"$ref": f"#/components/schemas/{name}"}, SCHEMA_EXAMPLES[name])


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_sample_asks_for_its_operation(name: str) -> None:
    method, path, operation = OPERATIONS[name]
    curl, python = (sample["source"] for sample in operation["x-codeSamples"])
    words = shlex.split(curl)
    (call,) = (
        node
        for node in ast.walk(ast.parse(python))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "requests.request"
    )
    asked, url = (ast.literal_eval(argument) for argument in call.args)

    assert asked == method.upper()
    assert url in words
    assert asked == (
        words[words.index("-X") + 1]
        if "-X" in words
        else "POST"
        if {"-d", "--data-binary"} & {*words}
        else "GET"
    )
    assert re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), urlsplit(url).path)
