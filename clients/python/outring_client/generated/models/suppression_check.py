from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.suppression_view import SuppressionView


T = TypeVar("T", bound="SuppressionCheck")


@_attrs_define
class SuppressionCheck:
    """What a number stands on.

    Attributes:
        number (str):
        suppressed (bool): Whether it stands on a list now, of those asked for.
        suppressions (list[SuppressionView]):
    """

    number: str
    suppressed: bool
    suppressions: list[SuppressionView]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        number = self.number

        suppressed = self.suppressed

        suppressions = []
        for suppressions_item_data in self.suppressions:
            suppressions_item = suppressions_item_data.to_dict()
            suppressions.append(suppressions_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "number": number,
                "suppressed": suppressed,
                "suppressions": suppressions,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.suppression_view import SuppressionView

        d = dict(src_dict)
        number = d.pop("number")

        suppressed = d.pop("suppressed")

        suppressions = []
        _suppressions = d.pop("suppressions")
        for suppressions_item_data in _suppressions:
            suppressions_item = SuppressionView.from_dict(suppressions_item_data)

            suppressions.append(suppressions_item)

        suppression_check = cls(
            number=number,
            suppressed=suppressed,
            suppressions=suppressions,
        )

        suppression_check.additional_properties = d
        return suppression_check

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
