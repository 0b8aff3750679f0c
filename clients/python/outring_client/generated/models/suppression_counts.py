from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.suppression_counts_lists import SuppressionCountsLists


T = TypeVar("T", bound="SuppressionCounts")


@_attrs_define
class SuppressionCounts:
    """How many numbers stand on each list.

    Attributes:
        lists (SuppressionCountsLists):
    """

    lists: SuppressionCountsLists
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        lists = self.lists.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "lists": lists,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.suppression_counts_lists import SuppressionCountsLists

        d = dict(src_dict)
        lists = SuppressionCountsLists.from_dict(d.pop("lists"))

        suppression_counts = cls(
            lists=lists,
        )

        suppression_counts.additional_properties = d
        return suppression_counts

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
