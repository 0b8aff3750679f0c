from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.how_ended import HowEnded, check_how_ended
from ..types import UNSET, Unset

T = TypeVar("T", bound="ApplicationEndView")


@_attrs_define
class ApplicationEndView:
    """How the application of a call has ended.

    Attributes:
        how (HowEnded): How an application has ended.
        reason (str | Unset): Unless by itself.
    """

    how: HowEnded
    reason: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        how: str = self.how

        reason = self.reason

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "how": how,
            }
        )
        if reason is not UNSET:
            field_dict["reason"] = reason

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        how = check_how_ended(d.pop("how"))

        reason = d.pop("reason", UNSET)

        application_end_view = cls(
            how=how,
            reason=reason,
        )

        application_end_view.additional_properties = d
        return application_end_view

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
