from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.preview_view_never import PreviewViewNever


T = TypeVar("T", bound="PreviewView")


@_attrs_define
class PreviewView:
    """When the contacts of an import would be called, without those that are there already.

    Attributes:
        now (int): Contacts that might be called at once.
        later (int): Contacts that have to wait for their hours.
        never (PreviewViewNever): Contacts that never would be, by why.
        first_at (None | str): When the first one may be called.
        last_at (None | str): When the last one is called at the earliest, at the most calls a second of its pace, in
            hours as those of the last line.
    """

    now: int
    later: int
    never: PreviewViewNever
    first_at: None | str
    last_at: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        now = self.now

        later = self.later

        never = self.never.to_dict()

        first_at: None | str
        first_at = self.first_at

        last_at: None | str
        last_at = self.last_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "now": now,
                "later": later,
                "never": never,
                "first_at": first_at,
                "last_at": last_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.preview_view_never import PreviewViewNever

        d = dict(src_dict)
        now = d.pop("now")

        later = d.pop("later")

        never = PreviewViewNever.from_dict(d.pop("never"))

        def _parse_first_at(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        first_at = _parse_first_at(d.pop("first_at"))

        def _parse_last_at(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        last_at = _parse_last_at(d.pop("last_at"))

        preview_view = cls(
            now=now,
            later=later,
            never=never,
            first_at=first_at,
            last_at=last_at,
        )

        preview_view.additional_properties = d
        return preview_view

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
