from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="HistoryView")


@_attrs_define
class HistoryView:
    """How many calls there were at once.

    Attributes:
        average_day (float):
        average_week (float):
        current (int):
        high_water_day (int):
        high_water_hour (int):
        high_water_week (int):
    """

    average_day: float
    average_week: float
    current: int
    high_water_day: int
    high_water_hour: int
    high_water_week: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        average_day = self.average_day

        average_week = self.average_week

        current = self.current

        high_water_day = self.high_water_day

        high_water_hour = self.high_water_hour

        high_water_week = self.high_water_week

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "averageDay": average_day,
                "averageWeek": average_week,
                "current": current,
                "highWaterDay": high_water_day,
                "highWaterHour": high_water_hour,
                "highWaterWeek": high_water_week,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        average_day = d.pop("averageDay")

        average_week = d.pop("averageWeek")

        current = d.pop("current")

        high_water_day = d.pop("highWaterDay")

        high_water_hour = d.pop("highWaterHour")

        high_water_week = d.pop("highWaterWeek")

        history_view = cls(
            average_day=average_day,
            average_week=average_week,
            current=current,
            high_water_day=high_water_day,
            high_water_hour=high_water_hour,
            high_water_week=high_water_week,
        )

        history_view.additional_properties = d
        return history_view

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
