from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.message_view_direction import (
    MessageViewDirection,
    check_message_view_direction,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="MessageView")


@_attrs_define
class MessageView:
    """One SIP message of a call; a retransmission is one more.

    Attributes:
        at (datetime.datetime): ISO 8601, UTC.
        call_id (str): SIP Call-ID: each attempt has its own.
        cseq (str): Number and method.
        direction (MessageViewDirection):
        message (str): Method of a request, status and phrase of a response.
        peer (str): Transport, address and port.
        note (str | Unset): What could not be understood of it and was left out, with line and column, or why it was
            refused or dropped.
    """

    at: datetime.datetime
    call_id: str
    cseq: str
    direction: MessageViewDirection
    message: str
    peer: str
    note: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        at = self.at.isoformat()

        call_id = self.call_id

        cseq = self.cseq

        direction: str = self.direction

        message = self.message

        peer = self.peer

        note = self.note

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "at": at,
                "callId": call_id,
                "cseq": cseq,
                "direction": direction,
                "message": message,
                "peer": peer,
            }
        )
        if note is not UNSET:
            field_dict["note"] = note

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        at = datetime.datetime.fromisoformat(d.pop("at"))

        call_id = d.pop("callId")

        cseq = d.pop("cseq")

        direction = check_message_view_direction(d.pop("direction"))

        message = d.pop("message")

        peer = d.pop("peer")

        note = d.pop("note", UNSET)

        message_view = cls(
            at=at,
            call_id=call_id,
            cseq=cseq,
            direction=direction,
            message=message,
            peer=peer,
            note=note,
        )

        message_view.additional_properties = d
        return message_view

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
