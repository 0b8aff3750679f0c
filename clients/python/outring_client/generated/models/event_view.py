from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.event_view_type import EventViewType, check_event_view_type
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.event_view_data import EventViewData


T = TypeVar("T", bound="EventView")


@_attrs_define
class EventView:
    """One event of a call, of an application, or of a request that was refused.

    Attributes:
        id (str): Unique, and the same however often the event is delivered: whoever gets it twice tells by this.
        type_ (EventViewType):
        call (str): The callIndexFull of its record.
        seq (int): Counts the events of this call from 1, without holes.
        at (datetime.datetime): When it happened; ISO 8601, UTC.
        data (EventViewData): What it tells, by its type.
        application_uuid (None | str | Unset):
        account (None | str | Unset):
        application (None | str | Unset):
    """

    id: str
    type_: EventViewType
    call: str
    seq: int
    at: datetime.datetime
    data: EventViewData
    application_uuid: None | str | Unset = UNSET
    account: None | str | Unset = UNSET
    application: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        type_: str = self.type_

        call = self.call

        seq = self.seq

        at = self.at.isoformat()

        data = self.data.to_dict()

        application_uuid: None | str | Unset
        if isinstance(self.application_uuid, Unset):
            application_uuid = UNSET
        else:
            application_uuid = self.application_uuid

        account: None | str | Unset
        if isinstance(self.account, Unset):
            account = UNSET
        else:
            account = self.account

        application: None | str | Unset
        if isinstance(self.application, Unset):
            application = UNSET
        else:
            application = self.application

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "type": type_,
                "call": call,
                "seq": seq,
                "at": at,
                "data": data,
            }
        )
        if application_uuid is not UNSET:
            field_dict["applicationUUID"] = application_uuid
        if account is not UNSET:
            field_dict["account"] = account
        if application is not UNSET:
            field_dict["application"] = application

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.event_view_data import EventViewData

        d = dict(src_dict)
        id = d.pop("id")

        type_ = check_event_view_type(d.pop("type"))

        call = d.pop("call")

        seq = d.pop("seq")

        at = datetime.datetime.fromisoformat(d.pop("at"))

        data = EventViewData.from_dict(d.pop("data"))

        def _parse_application_uuid(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        application_uuid = _parse_application_uuid(d.pop("applicationUUID", UNSET))

        def _parse_account(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        account = _parse_account(d.pop("account", UNSET))

        def _parse_application(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        application = _parse_application(d.pop("application", UNSET))

        event_view = cls(
            id=id,
            type_=type_,
            call=call,
            seq=seq,
            at=at,
            data=data,
            application_uuid=application_uuid,
            account=account,
            application=application,
        )

        event_view.additional_properties = d
        return event_view

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
