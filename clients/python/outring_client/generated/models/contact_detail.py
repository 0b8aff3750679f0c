from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.contact_attempt import ContactAttempt
    from ..models.contact_view import ContactView


T = TypeVar("T", bound="ContactDetail")


@_attrs_define
class ContactDetail:
    """A contact and the attempts on it.

    Attributes:
        contact (ContactView): Somebody to be called.
        attempts (list[ContactAttempt]):
    """

    contact: ContactView
    attempts: list[ContactAttempt]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        contact = self.contact.to_dict()

        attempts = []
        for attempts_item_data in self.attempts:
            attempts_item = attempts_item_data.to_dict()
            attempts.append(attempts_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "contact": contact,
                "attempts": attempts,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.contact_attempt import ContactAttempt
        from ..models.contact_view import ContactView

        d = dict(src_dict)
        contact = ContactView.from_dict(d.pop("contact"))

        attempts = []
        _attempts = d.pop("attempts")
        for attempts_item_data in _attempts:
            attempts_item = ContactAttempt.from_dict(attempts_item_data)

            attempts.append(attempts_item)

        contact_detail = cls(
            contact=contact,
            attempts=attempts,
        )

        contact_detail.additional_properties = d
        return contact_detail

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
