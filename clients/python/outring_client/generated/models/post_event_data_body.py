from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="PostEventDataBody")


@_attrs_define
class PostEventDataBody:
    """
    Attributes:
        sessionid (str): The session's `session.fullid`, which is all that is asked for.
        name (str):
        eventsource (str | Unset):
    """

    sessionid: str
    name: str
    eventsource: str | Unset = UNSET
    additional_properties: dict[str, str] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        sessionid = self.sessionid

        name = self.name

        eventsource = self.eventsource

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "sessionid": sessionid,
                "name": name,
            }
        )
        if eventsource is not UNSET:
            field_dict["eventsource"] = eventsource

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        sessionid = d.pop("sessionid")

        name = d.pop("name")

        eventsource = d.pop("eventsource", UNSET)

        post_event_data_body = cls(
            sessionid=sessionid,
            name=name,
            eventsource=eventsource,
        )

        post_event_data_body.additional_properties = d
        return post_event_data_body

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> str:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: str) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
