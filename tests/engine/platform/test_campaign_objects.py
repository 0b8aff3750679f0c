"""What is refused of campaigns when they are put, and taken as it is stored."""

import pytest
from pydantic import ValidationError

from engine.platform.campaign_objects import Campaign
from engine.platform.object_fields import AS_STORED


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("holidays", "XX", "No public holidays are known of XX"),
        ("holidays", "US-ZZ", "No public holidays are known of US-ZZ"),
        ("default_zone", "localtime", "there is no time zone localtime"),
    ],
)
def test_a_calendar_that_nobody_knows_is_refused_unless_it_is_stored(
    field: str, value: str, text: str
) -> None:
    fields = {"id": "spring", "application": "any", field: value}

    with pytest.raises(ValidationError, match=text):
        Campaign.model_validate(fields)
    assert Campaign.model_validate(fields, context=AS_STORED)


@pytest.mark.parametrize("hints", ["[" * 5000, "no JSON", '{"ring_timeout": "long"}'])
def test_hints_that_are_none_are_refused(hints: str) -> None:
    with pytest.raises(ValidationError):
        Campaign.model_validate({"id": "spring", "application": "a", "hints": hints})


@pytest.mark.parametrize("field", ["pace", "retries", "windows", "hints"])
def test_a_text_that_is_nested_too_deeply_is_refused(field: str) -> None:
    fields = {"id": "spring", "application": "a", field: "[" * 5000}
    with pytest.raises(ValidationError, match="this is not JSON"):
        Campaign.model_validate(fields)
