from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.recording_order import RecordingOrder, check_recording_order

T = TypeVar("T", bound="RecordingOrderBody")


@_attrs_define
class RecordingOrderBody:
    """How the recording of a call shall be; nothing happens if it is so.

    Attributes:
        state (RecordingOrder): What is wanted of the recording of a live call, and how it stands.
    """

    state: RecordingOrder
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        state: str = self.state

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "state": state,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        state = check_recording_order(d.pop("state"))

        recording_order_body = cls(
            state=state,
        )

        recording_order_body.additional_properties = d
        return recording_order_body

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
