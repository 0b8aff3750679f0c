"""Whether a contact may be called, by which number, and why not."""

from typing import Any

import pytest

from engine.campaigns.eligibility import (
    CallNow,
    Eligibility,
    EndAs,
    Rule,
    RuleVerdict,
    WaitUntil,
    judge,
)
from engine.campaigns.policy import CampaignPolicy
from engine.model.campaign import ContactEnd, ContactState, DueContact, NumberFacts
from engine.platform.campaign_options import Retries
from tests.engine.campaigns.contacts import (
    BERLIN,
    NEW_YORK,
    NOON,
    at,
    candidate,
    policy,
    window_rule,
)

BERLIN_CLOSES = at("2026-12-01T21:00+01:00")
NEW_YORK_OPENS = at("2026-12-01T08:00-05:00")
HOUR = 3600.0
NEVER_KNOWN = "+88312345678"


def decide(
    of: DueContact, by: CampaignPolicy | None = None, now: float = NOON
) -> Eligibility | None:
    return judge(of, by or policy(), now).eligibility


def verdict_on(
    rule: Rule, of: DueContact, by: CampaignPolicy | None = None
) -> RuleVerdict:
    rules = judge(of, by or policy(), NOON).rules
    return next(it for it in rules if it.rule is rule)


def test_a_contact_in_its_hours_is_called_until_they_end() -> None:
    assert decide(candidate(BERLIN)) == CallNow(0, BERLIN_CLOSES)


def test_a_contact_that_ends_before_its_hours_is_called_until_then() -> None:
    assert decide(candidate(BERLIN, not_after=NOON + 5)) == CallNow(0, NOON + 5)


def test_without_any_hours_it_is_called_at_any_time() -> None:
    assert decide(candidate(NEVER_KNOWN), policy(windows=())) == CallNow(0, None)


def test_outside_its_hours_it_waits_until_they_begin() -> None:
    assert decide(candidate(NEW_YORK)) == WaitUntil(NEW_YORK_OPENS)


def test_the_first_number_that_may_be_called_is() -> None:
    assert decide(candidate(NEW_YORK, BERLIN)) == CallNow(1, BERLIN_CLOSES)


def test_numbers_are_tried_from_that_whose_turn_it_is() -> None:
    numbers = (BERLIN, NEW_YORK, "+4930654321")

    assert decide(candidate(*numbers, number=1)) == CallNow(2, BERLIN_CLOSES)
    assert decide(candidate(*numbers, number=0)) == CallNow(0, BERLIN_CLOSES)


@pytest.mark.parametrize(
    ("fields", "eligibility"),
    [
        ({"not_before": NOON + 1}, WaitUntil(NOON + 1)),
        ({"due": NOON + 2, "not_before": NOON + 1}, WaitUntil(NOON + 2)),
        ({"not_before": NOON}, CallNow(0, BERLIN_CLOSES)),
        ({"not_after": NOON}, EndAs(ContactEnd.EXPIRED)),
        ({"not_before": NOON + 2, "not_after": NOON + 2}, EndAs(ContactEnd.EXPIRED)),
        ({"attempts": 2}, CallNow(0, BERLIN_CLOSES)),
        ({"attempts": 3}, EndAs(ContactEnd.EXHAUSTED)),
        ({"failures": 10}, EndAs(ContactEnd.EXHAUSTED)),
        ({"invalid": 1}, EndAs(ContactEnd.INVALID)),
        ({"zone": "Europe/Nowhere"}, EndAs(ContactEnd.NO_WINDOW)),
        ({"zone": "America/New_York"}, WaitUntil(NEW_YORK_OPENS)),
        ({"state": ContactState.CALLING}, None),
        ({"state": ContactState.DONE, "end": ContactEnd.REACHED}, None),
    ],
)
def test_what_is_said_of_a_contact_holds(
    fields: dict[str, Any], eligibility: Eligibility
) -> None:
    assert decide(candidate(BERLIN, **fields)) == eligibility


def test_a_contact_that_would_wait_beyond_its_time_has_expired() -> None:
    of = candidate(NEW_YORK, not_after=NEW_YORK_OPENS)

    assert decide(of) == EndAs(ContactEnd.EXPIRED)


def test_a_suppressed_number_is_not_called() -> None:
    on_list = NumberFacts(BERLIN, "dnc")

    assert decide(candidate(BERLIN, facts=[on_list])) == EndAs(ContactEnd.SUPPRESSED)
    assert decide(candidate(BERLIN, NEW_YORK, facts=[on_list])) == (
        WaitUntil(NEW_YORK_OPENS)
    )


def test_a_number_is_called_when_its_suppression_has_ended() -> None:
    waits = candidate(BERLIN, facts=[NumberFacts(BERLIN, "dnc", NOON + 60)])
    over = candidate(BERLIN, facts=[NumberFacts(BERLIN, "dnc", NOON)])

    assert decide(waits) == WaitUntil(NOON + 60)
    assert decide(over) == CallNow(0, BERLIN_CLOSES)


@pytest.mark.parametrize(
    ("numbers", "fields", "end"),
    [
        ((BERLIN, NEW_YORK), {"invalid": 0b11}, ContactEnd.INVALID),
        ((BERLIN, NEW_YORK), {"invalid": 0b10}, ContactEnd.SUPPRESSED),
        ((BERLIN, NEVER_KNOWN), {}, ContactEnd.NO_WINDOW),
        ((NEVER_KNOWN,), {}, ContactEnd.NO_WINDOW),
    ],
)
def test_a_contact_ends_when_none_of_its_numbers_may_ever_be_called(
    numbers: tuple[str, ...], fields: dict[str, Any], end: ContactEnd
) -> None:
    of = candidate(*numbers, facts=[NumberFacts(BERLIN, "dnc")], **fields)

    assert decide(of) == EndAs(end)


def test_a_number_is_called_so_often_in_24_hours() -> None:
    calls = (NOON - 24 * HOUR, NOON - 23 * HOUR, NOON - HOUR)
    of = candidate(BERLIN, facts=[NumberFacts(BERLIN, calls=calls)])

    assert decide(of, policy(retries=Retries(per_day=3))) == CallNow(0, BERLIN_CLOSES)
    assert decide(of, policy(retries=Retries(per_day=2))) == WaitUntil(NOON + HOUR)
    assert decide(of, policy(retries=Retries(per_day=1))) == WaitUntil(NOON + 23 * HOUR)


def test_a_number_is_called_so_often_in_seven_days() -> None:
    of = candidate(BERLIN, facts=[NumberFacts(BERLIN, calls=(NOON - 167 * HOUR,))])

    assert decide(of, policy(retries=Retries(per_week=1))) == WaitUntil(NOON + HOUR)


def test_the_least_limit_of_all_rules_holds() -> None:
    of = candidate(BERLIN, facts=[NumberFacts(BERLIN, calls=(NOON - HOUR,))])
    rule = window_rule("+49", "00:00", "24:00", max_per_day=1)

    assert decide(of, policy(rule, retries=Retries(per_day=3))) == (
        WaitUntil(NOON + 23 * HOUR)
    )


def test_hours_of_a_jurisdiction_hold_for_its_numbers() -> None:
    rule = window_rule("+4930", "14:00", "18:00")

    assert decide(candidate(BERLIN), policy(rule)) == WaitUntil(NOON + 2 * HOUR)
    assert decide(candidate("+4940123456"), policy(rule)) == CallNow(0, BERLIN_CLOSES)


@pytest.mark.parametrize(
    ("rule", "of", "verdict"),
    [
        (
            Rule.WINDOW,
            candidate(NEW_YORK),
            (
                False,
                "from 2026-12-01T13:00:00Z to 2026-12-02T02:00:00Z.",
                NEW_YORK_OPENS,
            ),
        ),
        (
            Rule.WINDOW,
            candidate(),
            (True, "until 2026-12-01T20:00:00Z.", BERLIN_CLOSES),
        ),
        (
            Rule.ATTEMPTS,
            candidate(attempts=2),
            (True, "2 of 3 attempts are used.", None),
        ),
        (
            Rule.SUPPRESSION,
            candidate(facts=[NumberFacts(BERLIN, "dnc", NOON + 60)]),
            (False, "on the list dnc until 2026-12-01T11:01:00Z.", NOON + 60),
        ),
        (
            Rule.ZONE,
            candidate(NEVER_KNOWN),
            (False, "Nobody knows its time zone.", None),
        ),
        (Rule.ZONE, candidate("+61412345678"), (True, "and 5 more.", None)),
        (
            Rule.PER_DAY,
            candidate(),
            (True, "was not called in 24 hours, without a limit.", None),
        ),
        (
            Rule.PER_DAY,
            candidate(facts=[NumberFacts(BERLIN, calls=(NOON - 24 * HOUR, NOON - 1))]),
            (True, "was called once in 24 hours, without a limit.", None),
        ),
        (Rule.NUMBER, candidate(invalid=1), (False, "Nobody has it.", None)),
    ],
)
def test_each_rule_says_why_and_until_when(
    rule: Rule, of: DueContact, verdict: tuple[bool, str, float | None]
) -> None:
    told = verdict_on(rule, of)

    assert (told.passes, told.changes_at) == (verdict[0], verdict[2])
    assert told.detail.endswith(verdict[1])


def test_every_rule_is_told_once_for_each_number() -> None:
    rules = judge(candidate(BERLIN, NEW_YORK), policy(), NOON).rules

    assert {it.rule for it in rules} == set(Rule)
    assert len({(it.rule, it.number) for it in rules}) == len(rules) == 18
