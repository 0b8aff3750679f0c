from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.import_result import ImportResult


T = TypeVar("T", bound="ImportStopped")


@_attrs_define
class ImportStopped:
    """An import that ended before its last line.

    Attributes:
        detail (str): One sentence for a person.
        taken (ImportResult): What became of the lines of an import.
    """

    detail: str
    taken: ImportResult
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        detail = self.detail

        taken = self.taken.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "detail": detail,
                "taken": taken,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.import_result import ImportResult

        d = dict(src_dict)
        detail = d.pop("detail")

        taken = ImportResult.from_dict(d.pop("taken"))

        import_stopped = cls(
            detail=detail,
            taken=taken,
        )

        import_stopped.additional_properties = d
        return import_stopped

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
