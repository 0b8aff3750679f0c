from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.field_mistake import FieldMistake


T = TypeVar("T", bound="Mistakes")


@_attrs_define
class Mistakes:
    """Everything that is wrong with what was asked for.

    Attributes:
        detail (str): One sentence for a person.
        mistakes (list[FieldMistake]):
    """

    detail: str
    mistakes: list[FieldMistake]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        detail = self.detail

        mistakes = []
        for mistakes_item_data in self.mistakes:
            mistakes_item = mistakes_item_data.to_dict()
            mistakes.append(mistakes_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "detail": detail,
                "mistakes": mistakes,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.field_mistake import FieldMistake

        d = dict(src_dict)
        detail = d.pop("detail")

        mistakes = []
        _mistakes = d.pop("mistakes")
        for mistakes_item_data in _mistakes:
            mistakes_item = FieldMistake.from_dict(mistakes_item_data)

            mistakes.append(mistakes_item)

        mistakes = cls(
            detail=detail,
            mistakes=mistakes,
        )

        mistakes.additional_properties = d
        return mistakes

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
