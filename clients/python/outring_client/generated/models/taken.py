from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.taken_result import TakenResult, check_taken_result
from ..types import UNSET, Unset

T = TypeVar("T", bound="Taken")


@_attrs_define
class Taken:
    """The event waits for its session.

    Attributes:
        result (TakenResult | Unset):  Default: 'OK'.
    """

    result: TakenResult | Unset = "OK"
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        result: str | Unset = UNSET
        if not isinstance(self.result, Unset):
            result = self.result

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if result is not UNSET:
            field_dict["result"] = result

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        _result = d.pop("result", UNSET)
        result: TakenResult | Unset
        if isinstance(_result, Unset):
            result = UNSET
        else:
            result = check_taken_result(_result)

        taken = cls(
            result=result,
        )

        taken.additional_properties = d
        return taken

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
