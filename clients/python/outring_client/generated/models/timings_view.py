from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="TimingsView")


@_attrs_define
class TimingsView:
    """How long the steps of a call took.

    Attributes:
        answer (float | Unset): From the first INVITE to the 2xx.
        queued (float | Unset): From the request to the first INVITE.
        setup (float | Unset): From the first INVITE to 101 to 199.
    """

    answer: float | Unset = UNSET
    queued: float | Unset = UNSET
    setup: float | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        answer = self.answer

        queued = self.queued

        setup = self.setup

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if answer is not UNSET:
            field_dict["answer"] = answer
        if queued is not UNSET:
            field_dict["queued"] = queued
        if setup is not UNSET:
            field_dict["setup"] = setup

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        answer = d.pop("answer", UNSET)

        queued = d.pop("queued", UNSET)

        setup = d.pop("setup", UNSET)

        timings_view = cls(
            answer=answer,
            queued=queued,
            setup=setup,
        )

        timings_view.additional_properties = d
        return timings_view

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
