from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="TimesView")


@_attrs_define
class TimesView:
    """When each step of a call was taken.

    Attributes:
        ack (datetime.datetime | Unset): ISO 8601, UTC.
        admitted (datetime.datetime | Unset): ISO 8601, UTC.
        answered (datetime.datetime | Unset): ISO 8601, UTC.
        bye (datetime.datetime | Unset): ISO 8601, UTC.
        cancel (datetime.datetime | Unset): ISO 8601, UTC.
        ended (datetime.datetime | Unset): ISO 8601, UTC.
        invite (datetime.datetime | Unset): ISO 8601, UTC.
        received (datetime.datetime | Unset): ISO 8601, UTC.
        ringing (datetime.datetime | Unset): ISO 8601, UTC.
        trying (datetime.datetime | Unset): ISO 8601, UTC.
    """

    ack: datetime.datetime | Unset = UNSET
    admitted: datetime.datetime | Unset = UNSET
    answered: datetime.datetime | Unset = UNSET
    bye: datetime.datetime | Unset = UNSET
    cancel: datetime.datetime | Unset = UNSET
    ended: datetime.datetime | Unset = UNSET
    invite: datetime.datetime | Unset = UNSET
    received: datetime.datetime | Unset = UNSET
    ringing: datetime.datetime | Unset = UNSET
    trying: datetime.datetime | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        ack: str | Unset = UNSET
        if not isinstance(self.ack, Unset):
            ack = self.ack.isoformat()

        admitted: str | Unset = UNSET
        if not isinstance(self.admitted, Unset):
            admitted = self.admitted.isoformat()

        answered: str | Unset = UNSET
        if not isinstance(self.answered, Unset):
            answered = self.answered.isoformat()

        bye: str | Unset = UNSET
        if not isinstance(self.bye, Unset):
            bye = self.bye.isoformat()

        cancel: str | Unset = UNSET
        if not isinstance(self.cancel, Unset):
            cancel = self.cancel.isoformat()

        ended: str | Unset = UNSET
        if not isinstance(self.ended, Unset):
            ended = self.ended.isoformat()

        invite: str | Unset = UNSET
        if not isinstance(self.invite, Unset):
            invite = self.invite.isoformat()

        received: str | Unset = UNSET
        if not isinstance(self.received, Unset):
            received = self.received.isoformat()

        ringing: str | Unset = UNSET
        if not isinstance(self.ringing, Unset):
            ringing = self.ringing.isoformat()

        trying: str | Unset = UNSET
        if not isinstance(self.trying, Unset):
            trying = self.trying.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if ack is not UNSET:
            field_dict["ack"] = ack
        if admitted is not UNSET:
            field_dict["admitted"] = admitted
        if answered is not UNSET:
            field_dict["answered"] = answered
        if bye is not UNSET:
            field_dict["bye"] = bye
        if cancel is not UNSET:
            field_dict["cancel"] = cancel
        if ended is not UNSET:
            field_dict["ended"] = ended
        if invite is not UNSET:
            field_dict["invite"] = invite
        if received is not UNSET:
            field_dict["received"] = received
        if ringing is not UNSET:
            field_dict["ringing"] = ringing
        if trying is not UNSET:
            field_dict["trying"] = trying

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        _ack = d.pop("ack", UNSET)
        ack: datetime.datetime | Unset
        if isinstance(_ack, Unset):
            ack = UNSET
        else:
            ack = datetime.datetime.fromisoformat(_ack)

        _admitted = d.pop("admitted", UNSET)
        admitted: datetime.datetime | Unset
        if isinstance(_admitted, Unset):
            admitted = UNSET
        else:
            admitted = datetime.datetime.fromisoformat(_admitted)

        _answered = d.pop("answered", UNSET)
        answered: datetime.datetime | Unset
        if isinstance(_answered, Unset):
            answered = UNSET
        else:
            answered = datetime.datetime.fromisoformat(_answered)

        _bye = d.pop("bye", UNSET)
        bye: datetime.datetime | Unset
        if isinstance(_bye, Unset):
            bye = UNSET
        else:
            bye = datetime.datetime.fromisoformat(_bye)

        _cancel = d.pop("cancel", UNSET)
        cancel: datetime.datetime | Unset
        if isinstance(_cancel, Unset):
            cancel = UNSET
        else:
            cancel = datetime.datetime.fromisoformat(_cancel)

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

        _received = d.pop("received", UNSET)
        received: datetime.datetime | Unset
        if isinstance(_received, Unset):
            received = UNSET
        else:
            received = datetime.datetime.fromisoformat(_received)

        _ringing = d.pop("ringing", UNSET)
        ringing: datetime.datetime | Unset
        if isinstance(_ringing, Unset):
            ringing = UNSET
        else:
            ringing = datetime.datetime.fromisoformat(_ringing)

        _trying = d.pop("trying", UNSET)
        trying: datetime.datetime | Unset
        if isinstance(_trying, Unset):
            trying = UNSET
        else:
            trying = datetime.datetime.fromisoformat(_trying)

        times_view = cls(
            ack=ack,
            admitted=admitted,
            answered=answered,
            bye=bye,
            cancel=cancel,
            ended=ended,
            invite=invite,
            received=received,
            ringing=ringing,
            trying=trying,
        )

        times_view.additional_properties = d
        return times_view

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
