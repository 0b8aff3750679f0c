from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.detail_view_result import DetailViewResult, check_detail_view_result

if TYPE_CHECKING:
    from ..models.account_history import AccountHistory
    from ..models.history_view import HistoryView
    from ..models.licence_view import LicenceView
    from ..models.node_view import NodeView


T = TypeVar("T", bound="DetailView")


@_attrs_define
class DetailView:
    """The same with high-water marks and averages.

    Attributes:
        accounts (list[AccountHistory]):
        active_call (HistoryView): How many calls there were at once.
        active_call_inbound (HistoryView): How many calls there were at once.
        active_call_outbound (HistoryView): How many calls there were at once.
        bvr_count (int): Nodes that run.
        bvrs (list[NodeView]):
        cumulative_call_count (int): Calls that were answered.
        cumulative_inbound_call_count (int):
        cumulative_outbound_call_count (int):
        license_ (LicenceView): What is licensed, and to how many.
        result (DetailViewResult):
        total_call_inbound_attempt (int):
        total_call_outbound_attempt (int): Attempts of the last hour.
    """

    accounts: list[AccountHistory]
    active_call: HistoryView
    active_call_inbound: HistoryView
    active_call_outbound: HistoryView
    bvr_count: int
    bvrs: list[NodeView]
    cumulative_call_count: int
    cumulative_inbound_call_count: int
    cumulative_outbound_call_count: int
    license_: LicenceView
    result: DetailViewResult
    total_call_inbound_attempt: int
    total_call_outbound_attempt: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        accounts = []
        for accounts_item_data in self.accounts:
            accounts_item = accounts_item_data.to_dict()
            accounts.append(accounts_item)

        active_call = self.active_call.to_dict()

        active_call_inbound = self.active_call_inbound.to_dict()

        active_call_outbound = self.active_call_outbound.to_dict()

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

        total_call_inbound_attempt = self.total_call_inbound_attempt

        total_call_outbound_attempt = self.total_call_outbound_attempt

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "accounts": accounts,
                "activeCall": active_call,
                "activeCallInbound": active_call_inbound,
                "activeCallOutbound": active_call_outbound,
                "bvrCount": bvr_count,
                "bvrs": bvrs,
                "cumulativeCallCount": cumulative_call_count,
                "cumulativeInboundCallCount": cumulative_inbound_call_count,
                "cumulativeOutboundCallCount": cumulative_outbound_call_count,
                "license": license_,
                "result": result,
                "totalCallInboundAttempt": total_call_inbound_attempt,
                "totalCallOutboundAttempt": total_call_outbound_attempt,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.account_history import AccountHistory
        from ..models.history_view import HistoryView
        from ..models.licence_view import LicenceView
        from ..models.node_view import NodeView

        d = dict(src_dict)
        accounts = []
        _accounts = d.pop("accounts")
        for accounts_item_data in _accounts:
            accounts_item = AccountHistory.from_dict(accounts_item_data)

            accounts.append(accounts_item)

        active_call = HistoryView.from_dict(d.pop("activeCall"))

        active_call_inbound = HistoryView.from_dict(d.pop("activeCallInbound"))

        active_call_outbound = HistoryView.from_dict(d.pop("activeCallOutbound"))

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

        result = check_detail_view_result(d.pop("result"))

        total_call_inbound_attempt = d.pop("totalCallInboundAttempt")

        total_call_outbound_attempt = d.pop("totalCallOutboundAttempt")

        detail_view = cls(
            accounts=accounts,
            active_call=active_call,
            active_call_inbound=active_call_inbound,
            active_call_outbound=active_call_outbound,
            bvr_count=bvr_count,
            bvrs=bvrs,
            cumulative_call_count=cumulative_call_count,
            cumulative_inbound_call_count=cumulative_inbound_call_count,
            cumulative_outbound_call_count=cumulative_outbound_call_count,
            license_=license_,
            result=result,
            total_call_inbound_attempt=total_call_inbound_attempt,
            total_call_outbound_attempt=total_call_outbound_attempt,
        )

        detail_view.additional_properties = d
        return detail_view

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
