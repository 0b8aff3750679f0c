"""What holds for the contacts of a campaign."""

import pytest

from engine.campaigns.policy import CampaignPolicy
from engine.platform.campaign_objects import Campaign
from engine.platform.campaign_options import Retries
from tests.engine.campaigns.contacts import policy, window_rule


def test_a_zone_that_only_the_machine_knows_is_told() -> None:
    campaign = Campaign(id="spring", application="any").model_copy(
        update={"default_zone": "localtime"}
    )

    with pytest.raises(ValueError, match="no time zone localtime"):
        CampaignPolicy.of(campaign)


def test_holidays_that_nobody_knows_are_told() -> None:
    with pytest.raises(ValueError, match="No public holidays are known of XX"):
        policy(holidays="XX")


@pytest.mark.parametrize(
    ("per_day", "of_rules", "expected"),
    [(None, (), None), (3, (None,), 3), (3, (2, 4), 2), (None, (4, None), 4)],
)
def test_the_least_limit_of_campaign_and_rules_holds(
    per_day: int | None, of_rules: tuple[int | None, ...], expected: int | None
) -> None:
    rules = [window_rule("+49", "08:00", "21:00", max_per_day=it) for it in of_rules]

    assert policy(retries=Retries(per_day=per_day)).calls_per_day(rules) == expected
