from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="DigitsBody")


@_attrs_define
class DigitsBody:
    """DTMF digits to be sent to the far end.

    Attributes:
        digits (str): Of 0 to 9, *, #, and A to D.
    """

    digits: str

    def to_dict(self) -> dict[str, Any]:
        digits = self.digits

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "digits": digits,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        digits = d.pop("digits")

        digits_body = cls(
            digits=digits,
        )

        return digits_body
