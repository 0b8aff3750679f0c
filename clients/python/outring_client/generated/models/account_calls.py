from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.application_calls import ApplicationCalls


T = TypeVar("T", bound="AccountCalls")


@_attrs_define
class AccountCalls:
    """Calls of one account.

    Attributes:
        active_call_count (int): Calls that have not ended.
        active_inbound_call_count (int):
        active_outbound_call_count (int):
        applications (list[ApplicationCalls]):
        cumulative_call_count (int): Calls that were answered.
        cumulative_inbound_call_count (int):
        cumulative_outbound_call_count (int):
        id (str):
        name (str):
    """

    active_call_count: int
    active_inbound_call_count: int
    active_outbound_call_count: int
    applications: list[ApplicationCalls]
    cumulative_call_count: int
    cumulative_inbound_call_count: int
    cumulative_outbound_call_count: int
    id: str
    name: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        active_call_count = self.active_call_count

        active_inbound_call_count = self.active_inbound_call_count

        active_outbound_call_count = self.active_outbound_call_count

        applications = []
        for applications_item_data in self.applications:
            applications_item = applications_item_data.to_dict()
            applications.append(applications_item)

        cumulative_call_count = self.cumulative_call_count

        cumulative_inbound_call_count = self.cumulative_inbound_call_count

        cumulative_outbound_call_count = self.cumulative_outbound_call_count

        id = self.id

        name = self.name

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "activeCallCount": active_call_count,
                "activeInboundCallCount": active_inbound_call_count,
                "activeOutboundCallCount": active_outbound_call_count,
                "applications": applications,
                "cumulativeCallCount": cumulative_call_count,
                "cumulativeInboundCallCount": cumulative_inbound_call_count,
                "cumulativeOutboundCallCount": cumulative_outbound_call_count,
                "id": id,
                "name": name,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.application_calls import ApplicationCalls

        d = dict(src_dict)
        active_call_count = d.pop("activeCallCount")

        active_inbound_call_count = d.pop("activeInboundCallCount")

        active_outbound_call_count = d.pop("activeOutboundCallCount")

        applications = []
        _applications = d.pop("applications")
        for applications_item_data in _applications:
            applications_item = ApplicationCalls.from_dict(applications_item_data)

            applications.append(applications_item)

        cumulative_call_count = d.pop("cumulativeCallCount")

        cumulative_inbound_call_count = d.pop("cumulativeInboundCallCount")

        cumulative_outbound_call_count = d.pop("cumulativeOutboundCallCount")

        id = d.pop("id")

        name = d.pop("name")

        account_calls = cls(
            active_call_count=active_call_count,
            active_inbound_call_count=active_inbound_call_count,
            active_outbound_call_count=active_outbound_call_count,
            applications=applications,
            cumulative_call_count=cumulative_call_count,
            cumulative_inbound_call_count=cumulative_inbound_call_count,
            cumulative_outbound_call_count=cumulative_outbound_call_count,
            id=id,
            name=name,
        )

        account_calls.additional_properties = d
        return account_calls

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
