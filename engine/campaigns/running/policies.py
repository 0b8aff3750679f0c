"""CurrentPolicies: the policy of each campaign, as the platform stands now."""

import structlog

from engine.campaigns.policy import CampaignPolicy
from engine.platform.snapshot import PlatformSnapshot
from engine.store.current_platform import CurrentPlatform

log = structlog.get_logger()


class CurrentPolicies:
    """Makes policies anew once the platform has changed."""

    def __init__(self, platform: CurrentPlatform) -> None:
        self._platform = platform
        self._snapshot: PlatformSnapshot | None = None
        self._policies: dict[str, CampaignPolicy] = {}

    async def current(self) -> dict[str, CampaignPolicy]:
        """Return the policies by the names of the campaigns; raises StoreError."""
        snapshot = await self._platform.newest()
        if snapshot is not self._snapshot:
            self._policies = make_policies(snapshot)
            self._snapshot = snapshot
        return self._policies


def make_policies(snapshot: PlatformSnapshot) -> dict[str, CampaignPolicy]:
    """Return the policies of all campaigns of *snapshot* that can be made."""
    objects = snapshot.objects
    pools = {pool.id: pool for pool in objects.caller_ids}
    policies: dict[str, CampaignPolicy] = {}
    for campaign in objects.campaign:
        pool = pools.get(campaign.caller_ids or "")
        try:
            policies[campaign.id] = CampaignPolicy.of(
                campaign, objects.window_rule, pool
            )
        except ValueError as error:
            log.warning("campaign_not_usable", campaign=campaign.id, reason=str(error))
    return policies
