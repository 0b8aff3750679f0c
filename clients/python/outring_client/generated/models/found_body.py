from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.progress_type import ProgressType, check_progress_type

T = TypeVar("T", bound="FoundBody")


@_attrs_define
class FoundBody:
    """One event of call progress detection.

    Attributes:
        type_ (ProgressType): What a detector finds, as the reference platform calls it.
        after (float): Milliseconds since the call was answered.
    """

    type_: ProgressType
    after: float
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        type_: str = self.type_

        after = self.after

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "type": type_,
                "after": after,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        type_ = check_progress_type(d.pop("type"))

        after = d.pop("after")

        found_body = cls(
            type_=type_,
            after=after,
        )

        found_body.additional_properties = d
        return found_body

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
