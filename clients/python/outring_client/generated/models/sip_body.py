from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.origin import Origin, check_origin

T = TypeVar("T", bound="SipBody")


@_attrs_define
class SipBody:
    """How the INVITE ended.

    Attributes:
        status (int): RFC 3261 §21.
        reason (str): Reason phrase.
        origin (Origin): Who caused a leg's end.
    """

    status: int
    reason: str
    origin: Origin
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        status = self.status

        reason = self.reason

        origin: str = self.origin

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "status": status,
                "reason": reason,
                "origin": origin,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        status = d.pop("status")

        reason = d.pop("reason")

        origin = check_origin(d.pop("origin"))

        sip_body = cls(
            status=status,
            reason=reason,
            origin=origin,
        )

        sip_body.additional_properties = d
        return sip_body

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
