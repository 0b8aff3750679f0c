from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.campaign_state import CampaignState, check_campaign_state

if TYPE_CHECKING:
    from ..models.campaign_progress import CampaignProgress
    from ..models.campaign_view_policy import CampaignViewPolicy


T = TypeVar("T", bound="CampaignView")


@_attrs_define
class CampaignView:
    """A campaign, how it runs, and how far it has come.

    Attributes:
        id (str):
        application (str):
        state (CampaignState): Where a campaign stands.
        reason (None | str): Why it is paused or cancelled, if that was said.
        changed (None | str): When it came into its state; null: it is new.
        started (None | str): When it was started first.
        policy (CampaignViewPolicy): As it was put: pace, retries, windows and so on.
        progress (CampaignProgress): How far a campaign has come.
    """

    id: str
    application: str
    state: CampaignState
    reason: None | str
    changed: None | str
    started: None | str
    policy: CampaignViewPolicy
    progress: CampaignProgress
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        application = self.application

        state: str = self.state

        reason: None | str
        reason = self.reason

        changed: None | str
        changed = self.changed

        started: None | str
        started = self.started

        policy = self.policy.to_dict()

        progress = self.progress.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "application": application,
                "state": state,
                "reason": reason,
                "changed": changed,
                "started": started,
                "policy": policy,
                "progress": progress,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.campaign_progress import CampaignProgress
        from ..models.campaign_view_policy import CampaignViewPolicy

        d = dict(src_dict)
        id = d.pop("id")

        application = d.pop("application")

        state = check_campaign_state(d.pop("state"))

        def _parse_reason(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        reason = _parse_reason(d.pop("reason"))

        def _parse_changed(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        changed = _parse_changed(d.pop("changed"))

        def _parse_started(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        started = _parse_started(d.pop("started"))

        policy = CampaignViewPolicy.from_dict(d.pop("policy"))

        progress = CampaignProgress.from_dict(d.pop("progress"))

        campaign_view = cls(
            id=id,
            application=application,
            state=state,
            reason=reason,
            changed=changed,
            started=started,
            policy=policy,
            progress=progress,
        )

        campaign_view.additional_properties = d
        return campaign_view

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
