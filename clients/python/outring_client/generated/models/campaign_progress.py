from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.campaign_progress_ends import CampaignProgressEnds
    from ..models.campaign_progress_outcomes import CampaignProgressOutcomes


T = TypeVar("T", bound="CampaignProgress")


@_attrs_define
class CampaignProgress:
    """How far a campaign has come.

    Attributes:
        contacts (int):
        waiting (int):
        calling (int):
        done (int):
        ends (CampaignProgressEnds): Why how many contacts are done.
        outcomes (CampaignProgressOutcomes): With what how many attempts have ended.
        abandoned_share (float | None): Of the calls answered by a person in the days of its pace, those without an
            agent in time; null: there was none.
        calls_per_second (float): Attempts a second in the last five minutes.
        estimated_end (None | str): When everybody is done if it goes on as in the last five minutes; null: nobody
            knows.
    """

    contacts: int
    waiting: int
    calling: int
    done: int
    ends: CampaignProgressEnds
    outcomes: CampaignProgressOutcomes
    abandoned_share: float | None
    calls_per_second: float
    estimated_end: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        contacts = self.contacts

        waiting = self.waiting

        calling = self.calling

        done = self.done

        ends = self.ends.to_dict()

        outcomes = self.outcomes.to_dict()

        abandoned_share: float | None
        abandoned_share = self.abandoned_share

        calls_per_second = self.calls_per_second

        estimated_end: None | str
        estimated_end = self.estimated_end

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "contacts": contacts,
                "waiting": waiting,
                "calling": calling,
                "done": done,
                "ends": ends,
                "outcomes": outcomes,
                "abandoned_share": abandoned_share,
                "calls_per_second": calls_per_second,
                "estimated_end": estimated_end,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.campaign_progress_ends import CampaignProgressEnds
        from ..models.campaign_progress_outcomes import CampaignProgressOutcomes

        d = dict(src_dict)
        contacts = d.pop("contacts")

        waiting = d.pop("waiting")

        calling = d.pop("calling")

        done = d.pop("done")

        ends = CampaignProgressEnds.from_dict(d.pop("ends"))

        outcomes = CampaignProgressOutcomes.from_dict(d.pop("outcomes"))

        def _parse_abandoned_share(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        abandoned_share = _parse_abandoned_share(d.pop("abandoned_share"))

        calls_per_second = d.pop("calls_per_second")

        def _parse_estimated_end(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        estimated_end = _parse_estimated_end(d.pop("estimated_end"))

        campaign_progress = cls(
            contacts=contacts,
            waiting=waiting,
            calling=calling,
            done=done,
            ends=ends,
            outcomes=outcomes,
            abandoned_share=abandoned_share,
            calls_per_second=calls_per_second,
            estimated_end=estimated_end,
        )

        campaign_progress.additional_properties = d
        return campaign_progress

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
