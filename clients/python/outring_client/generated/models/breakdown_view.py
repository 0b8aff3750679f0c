from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.breakdown_view_result import (
    BreakdownViewResult,
    check_breakdown_view_result,
)

if TYPE_CHECKING:
    from ..models.account_calls import AccountCalls
    from ..models.licence_view import LicenceView
    from ..models.node_view import NodeView


T = TypeVar("T", bound="BreakdownView")


@_attrs_define
class BreakdownView:
    """Calls by account, application and node.

    Attributes:
        accounts (list[AccountCalls]):
        active_call_count (int): Calls that have not ended.
        active_inbound_call_count (int):
        active_outbound_call_count (int):
        bvr_count (int): Nodes that run.
        bvrs (list[NodeView]):
        cumulative_call_count (int): Calls that were answered.
        cumulative_inbound_call_count (int):
        cumulative_outbound_call_count (int):
        license_ (LicenceView): What is licensed, and to how many.
        result (BreakdownViewResult):
        total_inbound_call_count (int):
        total_outbound_call_count (int): Attempts since the start.
    """

    accounts: list[AccountCalls]
    active_call_count: int
    active_inbound_call_count: int
    active_outbound_call_count: int
    bvr_count: int
    bvrs: list[NodeView]
    cumulative_call_count: int
    cumulative_inbound_call_count: int
    cumulative_outbound_call_count: int
    license_: LicenceView
    result: BreakdownViewResult
    total_inbound_call_count: int
    total_outbound_call_count: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        accounts = []
        for accounts_item_data in self.accounts:
            accounts_item = accounts_item_data.to_dict()
            accounts.append(accounts_item)

        active_call_count = self.active_call_count

        active_inbound_call_count = self.active_inbound_call_count

        active_outbound_call_count = self.active_outbound_call_count

        bvr_count = self.bvr_count

        bvrs = []
        for bvrs_item_data in self.bvrs:
            bvrs_item = bvrs_item_data.to_dict()
            bvrs.append(bvrs_item)

        cumulative_call_count = self.cumulative_call_count

        cumulative_inbound_call_count = self.cumulative_inbound_call_count

        cumulative_outbound_call_count = self.cumulative_outbound_call_count

        license_ = self.license_.to_dict()

        result: str = self.result

        total_inbound_call_count = self.total_inbound_call_count

        total_outbound_call_count = self.total_outbound_call_count

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "accounts": accounts,
                "activeCallCount": active_call_count,
                "activeInboundCallCount": active_inbound_call_count,
                "activeOutboundCallCount": active_outbound_call_count,
                "bvrCount": bvr_count,
                "bvrs": bvrs,
                "cumulativeCallCount": cumulative_call_count,
                "cumulativeInboundCallCount": cumulative_inbound_call_count,
                "cumulativeOutboundCallCount": cumulative_outbound_call_count,
                "license": license_,
                "result": result,
                "totalInboundCallCount": total_inbound_call_count,
                "totalOutboundCallCount": total_outbound_call_count,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.account_calls import AccountCalls
        from ..models.licence_view import LicenceView
        from ..models.node_view import NodeView

        d = dict(src_dict)
        accounts = []
        _accounts = d.pop("accounts")
        for accounts_item_data in _accounts:
            accounts_item = AccountCalls.from_dict(accounts_item_data)

            accounts.append(accounts_item)

        active_call_count = d.pop("activeCallCount")

        active_inbound_call_count = d.pop("activeInboundCallCount")

        active_outbound_call_count = d.pop("activeOutboundCallCount")

        bvr_count = d.pop("bvrCount")

        bvrs = []
        _bvrs = d.pop("bvrs")
        for bvrs_item_data in _bvrs:
            bvrs_item = NodeView.from_dict(bvrs_item_data)

            bvrs.append(bvrs_item)

        cumulative_call_count = d.pop("cumulativeCallCount")

        cumulative_inbound_call_count = d.pop("cumulativeInboundCallCount")

        cumulative_outbound_call_count = d.pop("cumulativeOutboundCallCount")

        license_ = LicenceView.from_dict(d.pop("license"))

        result = check_breakdown_view_result(d.pop("result"))

        total_inbound_call_count = d.pop("totalInboundCallCount")

        total_outbound_call_count = d.pop("totalOutboundCallCount")

        breakdown_view = cls(
            accounts=accounts,
            active_call_count=active_call_count,
            active_inbound_call_count=active_inbound_call_count,
            active_outbound_call_count=active_outbound_call_count,
            bvr_count=bvr_count,
            bvrs=bvrs,
            cumulative_call_count=cumulative_call_count,
            cumulative_inbound_call_count=cumulative_inbound_call_count,
            cumulative_outbound_call_count=cumulative_outbound_call_count,
            license_=license_,
            result=result,
            total_inbound_call_count=total_inbound_call_count,
            total_outbound_call_count=total_outbound_call_count,
        )

        breakdown_view.additional_properties = d
        return breakdown_view

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
