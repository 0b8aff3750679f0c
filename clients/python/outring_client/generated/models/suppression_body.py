from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="SuppressionBody")


@_attrs_define
class SuppressionBody:
    """Why a number must not be called, and until when.

    Attributes:
        until (None | str | Unset): ISO 8601; without it for ever.
        source (str | Unset): Who has said so, for people. Default: ''.
        proof (str | Unset): Where that is kept, for people. Default: ''.
    """

    until: None | str | Unset = UNSET
    source: str | Unset = ""
    proof: str | Unset = ""

    def to_dict(self) -> dict[str, Any]:
        until: None | str | Unset
        if isinstance(self.until, Unset):
            until = UNSET
        else:
            until = self.until

        source = self.source

        proof = self.proof

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if until is not UNSET:
            field_dict["until"] = until
        if source is not UNSET:
            field_dict["source"] = source
        if proof is not UNSET:
            field_dict["proof"] = proof

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)

        def _parse_until(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        until = _parse_until(d.pop("until", UNSET))

        source = d.pop("source", UNSET)

        proof = d.pop("proof", UNSET)

        suppression_body = cls(
            until=until,
            source=source,
            proof=proof,
        )

        return suppression_body
