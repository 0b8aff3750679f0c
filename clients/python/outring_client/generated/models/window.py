from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..models.window_days_item import WindowDaysItem, check_window_days_item
from ..types import UNSET, Unset

T = TypeVar("T", bound="Window")


@_attrs_define
class Window:
    """Hours of some days of the week, in the local time of whoever is called.

    Attributes:
        days (list[WindowDaysItem] | Unset): Days of the week.
        opens (str | Unset): When it opens, as 08:00. Default: '08:00'.
        closes (str | Unset): When it closes, as 21:00 or 24:00. Default: '21:00'.
    """

    days: list[WindowDaysItem] | Unset = UNSET
    opens: str | Unset = "08:00"
    closes: str | Unset = "21:00"

    def to_dict(self) -> dict[str, Any]:
        days: list[str] | Unset = UNSET
        if not isinstance(self.days, Unset):
            days = []
            for days_item_data in self.days:
                days_item: str = days_item_data
                days.append(days_item)

        opens = self.opens

        closes = self.closes

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if days is not UNSET:
            field_dict["days"] = days
        if opens is not UNSET:
            field_dict["opens"] = opens
        if closes is not UNSET:
            field_dict["closes"] = closes

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        _days = d.pop("days", UNSET)
        days: list[WindowDaysItem] | Unset = UNSET
        if _days is not UNSET:
            days = []
            for days_item_data in _days:
                days_item = check_window_days_item(days_item_data)

                days.append(days_item)

        opens = d.pop("opens", UNSET)

        closes = d.pop("closes", UNSET)

        window = cls(
            days=days,
            opens=opens,
            closes=closes,
        )

        return window
