"""What descriptions of operations are made of."""

import jsonschema_rs
import pytest

from engine.http.openapi.builders import answer
from engine.http.openapi.schemas import components, ref
from engine.model.result import Result


@pytest.mark.parametrize(
    ("result", "is_described"), [(Result.NUMBER_DENIED, True), (Result.NO_BVR, False)]
)
def test_an_answer_has_one_of_its_results(result: Result, is_described: bool) -> None:
    described = answer([Result.NUMBER_DENIED, Result.LICENSE_LIMIT])
    schema = described["content"]["application/json"]["schema"]
    whole = {**schema, "components": {"schemas": components()}}

    assert jsonschema_rs.validator_for(whole).is_valid({"result": result.text}) is (
        is_described
    )


def test_all_answers_are_of_one_type() -> None:
    """Generators of clients make a type of each schema that is no mere reference."""
    schemas = [
        answer([result])["content"]["application/json"]["schema"] for result in Result
    ]

    assert {schema["$ref"] for schema in schemas} == {ref("AnswerBody")["$ref"]}
