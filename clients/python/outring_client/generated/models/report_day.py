from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.report_day_outcomes import ReportDayOutcomes


T = TypeVar("T", bound="ReportDay")


@_attrs_define
class ReportDay:
    """The attempts of a campaign that ended on a day, in UTC.

    Attributes:
        day (str): As 2026-12-01.
        attempts (int):
        outcomes (ReportDayOutcomes):
        persons (int): Calls answered by a person.
        abandoned (int):
        abandoned_share (float | None):
    """

    day: str
    attempts: int
    outcomes: ReportDayOutcomes
    persons: int
    abandoned: int
    abandoned_share: float | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        day = self.day

        attempts = self.attempts

        outcomes = self.outcomes.to_dict()

        persons = self.persons

        abandoned = self.abandoned

        abandoned_share: float | None
        abandoned_share = self.abandoned_share

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "day": day,
                "attempts": attempts,
                "outcomes": outcomes,
                "persons": persons,
                "abandoned": abandoned,
                "abandoned_share": abandoned_share,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.report_day_outcomes import ReportDayOutcomes

        d = dict(src_dict)
        day = d.pop("day")

        attempts = d.pop("attempts")

        outcomes = ReportDayOutcomes.from_dict(d.pop("outcomes"))

        persons = d.pop("persons")

        abandoned = d.pop("abandoned")

        def _parse_abandoned_share(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        abandoned_share = _parse_abandoned_share(d.pop("abandoned_share"))

        report_day = cls(
            day=day,
            attempts=attempts,
            outcomes=outcomes,
            persons=persons,
            abandoned=abandoned,
            abandoned_share=abandoned_share,
        )

        report_day.additional_properties = d
        return report_day

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
