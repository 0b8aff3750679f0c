from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.rule import Rule, check_rule
from ..types import UNSET, Unset

T = TypeVar("T", bound="VerdictView")


@_attrs_define
class VerdictView:
    """What a rule says of a contact, or of one of its numbers.

    Attributes:
        rule (Rule): What has to be fulfilled before a contact is called.
        passes (bool):
        detail (str): One sentence for a person.
        changes_at (None | str | Unset): When it will be another; none: never by itself.
        number (None | str | Unset): Which it is about; none: the contact.
    """

    rule: Rule
    passes: bool
    detail: str
    changes_at: None | str | Unset = UNSET
    number: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        rule: str = self.rule

        passes = self.passes

        detail = self.detail

        changes_at: None | str | Unset
        if isinstance(self.changes_at, Unset):
            changes_at = UNSET
        else:
            changes_at = self.changes_at

        number: None | str | Unset
        if isinstance(self.number, Unset):
            number = UNSET
        else:
            number = self.number

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "rule": rule,
                "passes": passes,
                "detail": detail,
            }
        )
        if changes_at is not UNSET:
            field_dict["changes_at"] = changes_at
        if number is not UNSET:
            field_dict["number"] = number

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        rule = check_rule(d.pop("rule"))

        passes = d.pop("passes")

        detail = d.pop("detail")

        def _parse_changes_at(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        changes_at = _parse_changes_at(d.pop("changes_at", UNSET))

        def _parse_number(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        number = _parse_number(d.pop("number", UNSET))

        verdict_view = cls(
            rule=rule,
            passes=passes,
            detail=detail,
            changes_at=changes_at,
            number=number,
        )

        verdict_view.additional_properties = d
        return verdict_view

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
