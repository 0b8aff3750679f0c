from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.summary_view_result import SummaryViewResult, check_summary_view_result

T = TypeVar("T", bound="SummaryView")


@_attrs_define
class SummaryView:
    """Calls now, and how many there may be.

    Attributes:
        active_inbound_call_count (int):
        active_outbound_call_count (int):
        bvr_count (int): Nodes that run.
        license_ (int): Calls at once that are licensed.
        result (SummaryViewResult):
    """

    active_inbound_call_count: int
    active_outbound_call_count: int
    bvr_count: int
    license_: int
    result: SummaryViewResult
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        active_inbound_call_count = self.active_inbound_call_count

        active_outbound_call_count = self.active_outbound_call_count

        bvr_count = self.bvr_count

        license_ = self.license_

        result: str = self.result

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "activeInboundCallCount": active_inbound_call_count,
                "activeOutboundCallCount": active_outbound_call_count,
                "bvrCount": bvr_count,
                "license": license_,
                "result": result,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        active_inbound_call_count = d.pop("activeInboundCallCount")

        active_outbound_call_count = d.pop("activeOutboundCallCount")

        bvr_count = d.pop("bvrCount")

        license_ = d.pop("license")

        result = check_summary_view_result(d.pop("result"))

        summary_view = cls(
            active_inbound_call_count=active_inbound_call_count,
            active_outbound_call_count=active_outbound_call_count,
            bvr_count=bvr_count,
            license_=license_,
            result=result,
        )

        summary_view.additional_properties = d
        return summary_view

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
