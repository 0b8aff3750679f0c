from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="OptOut")


@_attrs_define
class OptOut:
    """How people take themselves off the list.

    Attributes:
        list_ (str): Suppression list that their number goes on.
        digit (None | str | Unset): Key that does it, at any time of a call.
    """

    list_: str
    digit: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        list_ = self.list_

        digit: None | str | Unset
        if isinstance(self.digit, Unset):
            digit = UNSET
        else:
            digit = self.digit

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "list": list_,
            }
        )
        if digit is not UNSET:
            field_dict["digit"] = digit

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        list_ = d.pop("list")

        def _parse_digit(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        digit = _parse_digit(d.pop("digit", UNSET))

        opt_out = cls(
            list_=list_,
            digit=digit,
        )

        return opt_out
