from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.trace_view import TraceView


T = TypeVar("T", bound="TracesView")


@_attrs_define
class TracesView:
    """What the sessions of a request did.

    Attributes:
        is_over (bool): Whether all of them have ended.
        sessions (list[TraceView]): The first one is the application's own; createccxml starts others.
    """

    is_over: bool
    sessions: list[TraceView]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        is_over = self.is_over

        sessions = []
        for sessions_item_data in self.sessions:
            sessions_item = sessions_item_data.to_dict()
            sessions.append(sessions_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "isOver": is_over,
                "sessions": sessions,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.trace_view import TraceView

        d = dict(src_dict)
        is_over = d.pop("isOver")

        sessions = []
        _sessions = d.pop("sessions")
        for sessions_item_data in _sessions:
            sessions_item = TraceView.from_dict(sessions_item_data)

            sessions.append(sessions_item)

        traces_view = cls(
            is_over=is_over,
            sessions=sessions,
        )

        traces_view.additional_properties = d
        return traces_view

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
