from engine.campaigns.running.placements import PLACE_S, placement_of
from engine.model.campaign import AttemptEntry, ContactEntry, ContactState
from engine.platform.campaign_objects import Campaign

ATTEMPT = AttemptEntry(7, 1, "spring", "k", "+4930123", "uuid", 100.0, "node")
CONTACT = ContactEntry(7, "spring", "k", ("+4930123",), ContactState.CALLING, 100.0)


def test_the_fields_are_those_of_a_request() -> None:
    campaign = Campaign.model_validate(
        {
            "id": "spring",
            "application": "hello",
            "hints": {"ring_timeout": 20_000},
            "opt_out": {"list": "gone", "digit": "9"},
        }
    )
    attempt = AttemptEntry(
        *(7, 1, "spring", "k", "+4930123", "uuid", 100.0, "node"),
        not_after=130.0,
        caller_id="+4940",
    )
    contact = ContactEntry(
        *(7, "spring", "k", ("+4930123",), ContactState.CALLING, 100.0),
        parameters='{"name": "Eve"}',
    )
    placed = placement_of(campaign, attempt, contact)
    assert (placed.application, placed.application_uuid) == ("hello", "uuid")
    assert placed.fields["to"] == "+4930123"
    assert placed.fields["callerId"] == "+4940"
    assert placed.fields["appData"] == {"name": "Eve"}
    assert placed.fields["hints"] == {"ring_timeout": 20_000}
    assert placed.campaign.not_after == 130.0
    assert placed.campaign.opt_out_digit == "9"


def test_an_attempt_is_not_placed_long_after_it_was_reserved() -> None:
    campaign = Campaign(id="spring", application="hello")
    placed = placement_of(campaign, ATTEMPT, CONTACT)
    assert placed.campaign.not_after == 100.0 + PLACE_S
