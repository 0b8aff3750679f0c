from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.import_result import ImportResult
    from ..models.preview_view import PreviewView


T = TypeVar("T", bound="Validation")


@_attrs_define
class Validation:
    """What an import would do.

    Attributes:
        lines (ImportResult): What became of the lines of an import.
        calls (PreviewView): When the contacts of an import would be called, without those that are there already.
    """

    lines: ImportResult
    calls: PreviewView
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        lines = self.lines.to_dict()

        calls = self.calls.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "lines": lines,
                "calls": calls,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.import_result import ImportResult
        from ..models.preview_view import PreviewView

        d = dict(src_dict)
        lines = ImportResult.from_dict(d.pop("lines"))

        calls = PreviewView.from_dict(d.pop("calls"))

        validation = cls(
            lines=lines,
            calls=calls,
        )

        validation.additional_properties = d
        return validation

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
