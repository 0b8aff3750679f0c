from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.contact_end import ContactEnd, check_contact_end
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.verdict_view import VerdictView


T = TypeVar("T", bound="ContactWhy")


@_attrs_define
class ContactWhy:
    """Whether a contact would be called now, and why not.

    Attributes:
        key (str):
        verdict (str): One sentence for a person.
        calls (bool): Whether it would be called now.
        rules (list[VerdictView]):
        at (None | str | Unset): When it is looked at again, if it waits.
        end (ContactEnd | None | Unset): As what it would end.
    """

    key: str
    verdict: str
    calls: bool
    rules: list[VerdictView]
    at: None | str | Unset = UNSET
    end: ContactEnd | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        key = self.key

        verdict = self.verdict

        calls = self.calls

        rules = []
        for rules_item_data in self.rules:
            rules_item = rules_item_data.to_dict()
            rules.append(rules_item)

        at: None | str | Unset
        if isinstance(self.at, Unset):
            at = UNSET
        else:
            at = self.at

        end: None | str | Unset
        if isinstance(self.end, Unset):
            end = UNSET
        elif isinstance(self.end, str):
            end = self.end
        else:
            end = self.end

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "key": key,
                "verdict": verdict,
                "calls": calls,
                "rules": rules,
            }
        )
        if at is not UNSET:
            field_dict["at"] = at
        if end is not UNSET:
            field_dict["end"] = end

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.verdict_view import VerdictView

        d = dict(src_dict)
        key = d.pop("key")

        verdict = d.pop("verdict")

        calls = d.pop("calls")

        rules = []
        _rules = d.pop("rules")
        for rules_item_data in _rules:
            rules_item = VerdictView.from_dict(rules_item_data)

            rules.append(rules_item)

        def _parse_at(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        at = _parse_at(d.pop("at", UNSET))

        def _parse_end(data: object) -> ContactEnd | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                end_type_0 = check_contact_end(data)

                return end_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ContactEnd | None | Unset, data)

        end = _parse_end(d.pop("end", UNSET))

        contact_why = cls(
            key=key,
            verdict=verdict,
            calls=calls,
            rules=rules,
            at=at,
            end=end,
        )

        contact_why.additional_properties = d
        return contact_why

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
