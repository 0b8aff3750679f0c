from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.origin import Origin, check_origin
from ..types import UNSET, Unset

T = TypeVar("T", bound="SipView")


@_attrs_define
class SipView:
    """The last SIP response, or what stands for it.

    Attributes:
        origin (Origin | Unset): Who caused a leg's end.
        reason (str | Unset):
        status (int | Unset):
    """

    origin: Origin | Unset = UNSET
    reason: str | Unset = UNSET
    status: int | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        origin: str | Unset = UNSET
        if not isinstance(self.origin, Unset):
            origin = self.origin

        reason = self.reason

        status = self.status

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if origin is not UNSET:
            field_dict["origin"] = origin
        if reason is not UNSET:
            field_dict["reason"] = reason
        if status is not UNSET:
            field_dict["status"] = status

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        _origin = d.pop("origin", UNSET)
        origin: Origin | Unset
        if isinstance(_origin, Unset):
            origin = UNSET
        else:
            origin = check_origin(_origin)

        reason = d.pop("reason", UNSET)

        status = d.pop("status", UNSET)

        sip_view = cls(
            origin=origin,
            reason=reason,
            status=status,
        )

        sip_view.additional_properties = d
        return sip_view

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
