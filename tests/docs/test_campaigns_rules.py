"""docs/campaigns-rules.md: its file can be applied, and its delays are those of the program."""

import re
import tomllib

import pytest

from engine.campaigns.policy import CampaignPolicy
from engine.campaigns.retries import after_outcome
from engine.model.campaign import AttemptOutcome, ContactEntry, ContactState
from engine.platform.campaign_options import DEFAULT_DELAYS, Retries
from engine.platform.objects import Objects
from tests.documented import Page

PAGE = Page("campaigns-rules.md")
UNITS = {"s": 1, "min": 60, "h": 3600, "day": 86_400, "days": 86_400}
ROWS = re.findall(
    r"^\| (`\w+`(?:, `\w+`)*) \| (.*?) \|", PAGE.section("## Retries"), re.MULTILINE
)
AFTER = {
    AttemptOutcome(name): told
    for names, told in ROWS
    for name in re.findall(r"`(\w+)`", names)
}


def test_the_file_can_be_applied() -> None:
    (block,) = re.findall(r"^```toml\n(.*?)^```", PAGE.text, re.MULTILINE | re.DOTALL)
    objects = Objects.model_validate(tomllib.loads(block))
    policy = CampaignPolicy.of(objects.campaign[0], objects.window_rule)

    assert [it.id for it in policy.hours.rules_for("+13055550100")] == [
        "us",
        "us-florida",
    ]


def test_every_outcome_has_its_row() -> None:
    assert AFTER.keys() == set(AttemptOutcome)


@pytest.mark.parametrize("outcome", list(DEFAULT_DELAYS))
def test_delays_are_those_of_the_program(outcome: AttemptOutcome) -> None:
    told = re.findall(r"(\d+) (\w+)", AFTER[outcome])

    assert (
        tuple(int(number) * UNITS[unit] for number, unit in told)
        == DEFAULT_DELAYS[outcome]
    )


@pytest.mark.parametrize(
    "outcome", [it for it in AttemptOutcome if AFTER[it].startswith("never")]
)
def test_a_contact_ends_as_the_page_says(outcome: AttemptOutcome) -> None:
    contact = ContactEntry(1, "a", "a", ("+4930123456",), ContactState.CALLING, due=0.0)

    ended = after_outcome(contact, Retries(), outcome, 0.0)

    assert AFTER[outcome] == f"never: `{ended.end}`"
