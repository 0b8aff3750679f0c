from typing import Literal

CampaignState = Literal["cancelled", "draft", "finished", "paused", "ready", "running"]

CAMPAIGN_STATE_VALUES: set[CampaignState] = {
    "cancelled",
    "draft",
    "finished",
    "paused",
    "ready",
    "running",
}


def check_campaign_state(value: str) -> CampaignState:
    if value in CAMPAIGN_STATE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {CAMPAIGN_STATE_VALUES!r}"
    )
