from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="Breaker")


@_attrs_define
class Breaker:
    """When failures of the platform or of its routes pause a campaign.

    Attributes:
        share (float | Unset): Share of calls that failed on our side, or with a 5xx. Default: 0.5.
        calls (int | Unset): Fewest calls by which it is judged. Default: 20.
        window_s (int | Unset): Seconds over which the share is taken. Default: 120.
        rest_s (int | Unset): Seconds until some calls are tried again. Default: 60.
    """

    share: float | Unset = 0.5
    calls: int | Unset = 20
    window_s: int | Unset = 120
    rest_s: int | Unset = 60

    def to_dict(self) -> dict[str, Any]:
        share = self.share

        calls = self.calls

        window_s = self.window_s

        rest_s = self.rest_s

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if share is not UNSET:
            field_dict["share"] = share
        if calls is not UNSET:
            field_dict["calls"] = calls
        if window_s is not UNSET:
            field_dict["window_s"] = window_s
        if rest_s is not UNSET:
            field_dict["rest_s"] = rest_s

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        share = d.pop("share", UNSET)

        calls = d.pop("calls", UNSET)

        window_s = d.pop("window_s", UNSET)

        rest_s = d.pop("rest_s", UNSET)

        breaker = cls(
            share=share,
            calls=calls,
            window_s=window_s,
            rest_s=rest_s,
        )

        return breaker
