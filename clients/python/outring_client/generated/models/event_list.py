from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.event_view import EventView
    from ..models.gap import Gap


T = TypeVar("T", bound="EventList")


@_attrs_define
class EventList:
    """Events in the order of the log.

    Attributes:
        events (list[EventView]):
        next_ (int): What to ask for as after to get those that follow, also where there are none here: the log may have
            more to look through. At its end it stays.
        gaps (list[Gap] | None | Unset): What is missing.
    """

    events: list[EventView]
    next_: int
    gaps: list[Gap] | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        events = []
        for events_item_data in self.events:
            events_item = events_item_data.to_dict()
            events.append(events_item)

        next_ = self.next_

        gaps: list[dict[str, Any]] | None | Unset
        if isinstance(self.gaps, Unset):
            gaps = UNSET
        elif isinstance(self.gaps, list):
            gaps = []
            for gaps_type_0_item_data in self.gaps:
                gaps_type_0_item = gaps_type_0_item_data.to_dict()
                gaps.append(gaps_type_0_item)

        else:
            gaps = self.gaps

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "events": events,
                "next": next_,
            }
        )
        if gaps is not UNSET:
            field_dict["gaps"] = gaps

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.event_view import EventView
        from ..models.gap import Gap

        d = dict(src_dict)
        events = []
        _events = d.pop("events")
        for events_item_data in _events:
            events_item = EventView.from_dict(events_item_data)

            events.append(events_item)

        next_ = d.pop("next")

        def _parse_gaps(data: object) -> list[Gap] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                gaps_type_0 = []
                _gaps_type_0 = data
                for gaps_type_0_item_data in _gaps_type_0:
                    gaps_type_0_item = Gap.from_dict(gaps_type_0_item_data)

                    gaps_type_0.append(gaps_type_0_item)

                return gaps_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[Gap] | None | Unset, data)

        gaps = _parse_gaps(d.pop("gaps", UNSET))

        event_list = cls(
            events=events,
            next_=next_,
            gaps=gaps,
        )

        event_list.additional_properties = d
        return event_list

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
