"""What holds for the contacts of a campaign, put together once for each change of the platform."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.platform.calendars import load_zone
from engine.platform.campaign_objects import CallerIdPool, Campaign, WindowRule

from .windows import OpeningHours


@dataclass(frozen=True, slots=True)
class CampaignPolicy:
    """A campaign with the hours of jurisdictions and its pool of caller ids."""

    campaign: Campaign
    hours: OpeningHours
    pool: CallerIdPool | None = None

    @classmethod
    def of(
        cls,
        campaign: Campaign,
        rules: Sequence[WindowRule] = (),
        pool: CallerIdPool | None = None,
    ) -> "CampaignPolicy":
        """Return the policy of *campaign*; *rules* are those of all jurisdictions.

        Raises:
            ValueError: No public holidays are known of the campaign's country, or its zone
                is none of the package ``tzdata``.
        """
        if campaign.default_zone is not None:
            load_zone(campaign.default_zone)
        hours = OpeningHours(campaign.windows, campaign.holidays, rules)
        return cls(campaign, hours, pool)

    def calls_per_day(self, rules: Iterable[WindowRule]) -> int | None:
        """Return the most calls in 24 hours to a number that *rules* are for; None: any."""
        limits = [self.campaign.retries.per_day, *(rule.max_per_day for rule in rules)]
        return min((limit for limit in limits if limit is not None), default=None)
