from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.cancel_body_live import CancelBodyLive, check_cancel_body_live
from ..types import UNSET, Unset

T = TypeVar("T", bound="CancelBody")


@_attrs_define
class CancelBody:
    """Why a campaign is cancelled, and what becomes of its calls.

    Attributes:
        live (CancelBodyLive | Unset): Whether calls that live go on, or are hung up. Default: 'keep'.
        reason (None | str | Unset): For people.
    """

    live: CancelBodyLive | Unset = "keep"
    reason: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        live: str | Unset = UNSET
        if not isinstance(self.live, Unset):
            live = self.live

        reason: None | str | Unset
        if isinstance(self.reason, Unset):
            reason = UNSET
        else:
            reason = self.reason

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if live is not UNSET:
            field_dict["live"] = live
        if reason is not UNSET:
            field_dict["reason"] = reason

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        _live = d.pop("live", UNSET)
        live: CancelBodyLive | Unset
        if isinstance(_live, Unset):
            live = UNSET
        else:
            live = check_cancel_body_live(_live)

        def _parse_reason(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        reason = _parse_reason(d.pop("reason", UNSET))

        cancel_body = cls(
            live=live,
            reason=reason,
        )

        return cancel_body
