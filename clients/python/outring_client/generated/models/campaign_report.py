from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.report_day import ReportDay


T = TypeVar("T", bound="CampaignReport")


@_attrs_define
class CampaignReport:
    """What attempts of a campaign have come to, by day.

    Attributes:
        campaign (str):
        since (str):
        until (str):
        total (ReportDay): The attempts of a campaign that ended on a day, in UTC.
        days (list[ReportDay]):
    """

    campaign: str
    since: str
    until: str
    total: ReportDay
    days: list[ReportDay]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        campaign = self.campaign

        since = self.since

        until = self.until

        total = self.total.to_dict()

        days = []
        for days_item_data in self.days:
            days_item = days_item_data.to_dict()
            days.append(days_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "campaign": campaign,
                "since": since,
                "until": until,
                "total": total,
                "days": days,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.report_day import ReportDay

        d = dict(src_dict)
        campaign = d.pop("campaign")

        since = d.pop("since")

        until = d.pop("until")

        total = ReportDay.from_dict(d.pop("total"))

        days = []
        _days = d.pop("days")
        for days_item_data in _days:
            days_item = ReportDay.from_dict(days_item_data)

            days.append(days_item)

        campaign_report = cls(
            campaign=campaign,
            since=since,
            until=until,
            total=total,
            days=days,
        )

        campaign_report.additional_properties = d
        return campaign_report

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
