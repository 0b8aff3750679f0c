from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.origin import Origin, check_origin
from ..types import UNSET, Unset

T = TypeVar("T", bound="AttemptView")


@_attrs_define
class AttemptView:
    """One INVITE of a call.

    Attributes:
        address (str): Request-URI.
        call_id (str):
        answer (float | Unset): From its INVITE to its 2xx.
        detail (str | Unset): Why the next proxy was tried meanwhile.
        ended (datetime.datetime | Unset): ISO 8601, UTC.
        invite (datetime.datetime | Unset): ISO 8601, UTC.
        origin (Origin | Unset): Who caused a leg's end.
        proxy (str | Unset):
        reason (str | Unset):
        setup (float | Unset): From its INVITE to 101 to 199.
        status (int | Unset):
    """

    address: str
    call_id: str
    answer: float | Unset = UNSET
    detail: str | Unset = UNSET
    ended: datetime.datetime | Unset = UNSET
    invite: datetime.datetime | Unset = UNSET
    origin: Origin | Unset = UNSET
    proxy: str | Unset = UNSET
    reason: str | Unset = UNSET
    setup: float | Unset = UNSET
    status: int | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        address = self.address

        call_id = self.call_id

        answer = self.answer

        detail = self.detail

        ended: str | Unset = UNSET
        if not isinstance(self.ended, Unset):
            ended = self.ended.isoformat()

        invite: str | Unset = UNSET
        if not isinstance(self.invite, Unset):
            invite = self.invite.isoformat()

        origin: str | Unset = UNSET
        if not isinstance(self.origin, Unset):
            origin = self.origin

        proxy = self.proxy

        reason = self.reason

        setup = self.setup

        status = self.status

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "address": address,
                "callId": call_id,
            }
        )
        if answer is not UNSET:
            field_dict["answer"] = answer
        if detail is not UNSET:
            field_dict["detail"] = detail
        if ended is not UNSET:
            field_dict["ended"] = ended
        if invite is not UNSET:
            field_dict["invite"] = invite
        if origin is not UNSET:
            field_dict["origin"] = origin
        if proxy is not UNSET:
            field_dict["proxy"] = proxy
        if reason is not UNSET:
            field_dict["reason"] = reason
        if setup is not UNSET:
            field_dict["setup"] = setup
        if status is not UNSET:
            field_dict["status"] = status

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        address = d.pop("address")

        call_id = d.pop("callId")

        answer = d.pop("answer", UNSET)

        detail = d.pop("detail", UNSET)

        _ended = d.pop("ended", UNSET)
        ended: datetime.datetime | Unset
        if isinstance(_ended, Unset):
            ended = UNSET
        else:
            ended = datetime.datetime.fromisoformat(_ended)

        _invite = d.pop("invite", UNSET)
        invite: datetime.datetime | Unset
        if isinstance(_invite, Unset):
            invite = UNSET
        else:
            invite = datetime.datetime.fromisoformat(_invite)

        _origin = d.pop("origin", UNSET)
        origin: Origin | Unset
        if isinstance(_origin, Unset):
            origin = UNSET
        else:
            origin = check_origin(_origin)

        proxy = d.pop("proxy", UNSET)

        reason = d.pop("reason", UNSET)

        setup = d.pop("setup", UNSET)

        status = d.pop("status", UNSET)

        attempt_view = cls(
            address=address,
            call_id=call_id,
            answer=answer,
            detail=detail,
            ended=ended,
            invite=invite,
            origin=origin,
            proxy=proxy,
            reason=reason,
            setup=setup,
            status=status,
        )

        attempt_view.additional_properties = d
        return attempt_view

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
