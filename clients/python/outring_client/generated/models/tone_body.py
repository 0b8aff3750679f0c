from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.tone_type import ToneType, check_tone_type

T = TypeVar("T", bound="ToneBody")


@_attrs_define
class ToneBody:
    """One tone of the network, or an announcement.

    Attributes:
        type_ (ToneType): What a tone of a network, or what is said in its place, tells the caller.
        after (float): Milliseconds since the INVITE.
    """

    type_: ToneType
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
        type_ = check_tone_type(d.pop("type"))

        after = d.pop("after")

        tone_body = cls(
            type_=type_,
            after=after,
        )

        tone_body.additional_properties = d
        return tone_body

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
