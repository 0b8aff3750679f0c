from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="SuppressionView")


@_attrs_define
class SuppressionView:
    """A number that must not be called.

    Attributes:
        list_ (str):
        number (str):
        added (str):
        until (None | str | Unset): None: for ever.
        source (str | Unset):  Default: ''.
        proof (str | Unset):  Default: ''.
    """

    list_: str
    number: str
    added: str
    until: None | str | Unset = UNSET
    source: str | Unset = ""
    proof: str | Unset = ""
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        list_ = self.list_

        number = self.number

        added = self.added

        until: None | str | Unset
        if isinstance(self.until, Unset):
            until = UNSET
        else:
            until = self.until

        source = self.source

        proof = self.proof

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "list": list_,
                "number": number,
                "added": added,
            }
        )
        if until is not UNSET:
            field_dict["until"] = until
        if source is not UNSET:
            field_dict["source"] = source
        if proof is not UNSET:
            field_dict["proof"] = proof

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        list_ = d.pop("list")

        number = d.pop("number")

        added = d.pop("added")

        def _parse_until(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        until = _parse_until(d.pop("until", UNSET))

        source = d.pop("source", UNSET)

        proof = d.pop("proof", UNSET)

        suppression_view = cls(
            list_=list_,
            number=number,
            added=added,
            until=until,
            source=source,
            proof=proof,
        )

        suppression_view.additional_properties = d
        return suppression_view

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
