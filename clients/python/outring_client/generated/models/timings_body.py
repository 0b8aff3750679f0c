from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="TimingsBody")


@_attrs_define
class TimingsBody:
    """Milliseconds.

    Attributes:
        queued (float | Unset): From the request to the first INVITE.
        setup (float | Unset): From the first INVITE to the first response from 101 to 199.
        answer (float | Unset): From the first INVITE to the 2xx.
    """

    queued: float | Unset = UNSET
    setup: float | Unset = UNSET
    answer: float | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        queued = self.queued

        setup = self.setup

        answer = self.answer

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if queued is not UNSET:
            field_dict["queued"] = queued
        if setup is not UNSET:
            field_dict["setup"] = setup
        if answer is not UNSET:
            field_dict["answer"] = answer

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        queued = d.pop("queued", UNSET)

        setup = d.pop("setup", UNSET)

        answer = d.pop("answer", UNSET)

        timings_body = cls(
            queued=queued,
            setup=setup,
            answer=answer,
        )

        timings_body.additional_properties = d
        return timings_body

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
