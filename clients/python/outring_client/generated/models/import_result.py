from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.refused_line import RefusedLine


T = TypeVar("T", bound="ImportResult")


@_attrs_define
class ImportResult:
    """What became of the lines of an import.

    Attributes:
        accepted (int | Unset): Contacts that are new. Default: 0.
        replaced (int | Unset): Contacts that have changed: they were not called yet. Default: 0.
        refused_count (int | Unset): Lines without a contact. Default: 0.
        refused (list[RefusedLine] | Unset): The first 1000 of these lines, and why.
        next_line (int | Unset): The line behind the last one that was read. Default: 1.
    """

    accepted: int | Unset = 0
    replaced: int | Unset = 0
    refused_count: int | Unset = 0
    refused: list[RefusedLine] | Unset = UNSET
    next_line: int | Unset = 1
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        accepted = self.accepted

        replaced = self.replaced

        refused_count = self.refused_count

        refused: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.refused, Unset):
            refused = []
            for refused_item_data in self.refused:
                refused_item = refused_item_data.to_dict()
                refused.append(refused_item)

        next_line = self.next_line

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if accepted is not UNSET:
            field_dict["accepted"] = accepted
        if replaced is not UNSET:
            field_dict["replaced"] = replaced
        if refused_count is not UNSET:
            field_dict["refused_count"] = refused_count
        if refused is not UNSET:
            field_dict["refused"] = refused
        if next_line is not UNSET:
            field_dict["next_line"] = next_line

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.refused_line import RefusedLine

        d = dict(src_dict)
        accepted = d.pop("accepted", UNSET)

        replaced = d.pop("replaced", UNSET)

        refused_count = d.pop("refused_count", UNSET)

        _refused = d.pop("refused", UNSET)
        refused: list[RefusedLine] | Unset = UNSET
        if _refused is not UNSET:
            refused = []
            for refused_item_data in _refused:
                refused_item = RefusedLine.from_dict(refused_item_data)

                refused.append(refused_item)

        next_line = d.pop("next_line", UNSET)

        import_result = cls(
            accepted=accepted,
            replaced=replaced,
            refused_count=refused_count,
            refused=refused,
            next_line=next_line,
        )

        import_result.additional_properties = d
        return import_result

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
