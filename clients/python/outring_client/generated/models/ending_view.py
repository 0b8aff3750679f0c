from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.ending_view_namelist_type_0 import EndingViewNamelistType0


T = TypeVar("T", bound="EndingView")


@_attrs_define
class EndingView:
    """How a session ended.

    Attributes:
        at (float): Seconds from the start of the session.
        end (str): `exit`, or what went wrong.
        expr (Any): Of the exit.
        namelist (EndingViewNamelistType0 | None):
    """

    at: float
    end: str
    expr: Any
    namelist: EndingViewNamelistType0 | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.ending_view_namelist_type_0 import EndingViewNamelistType0

        at = self.at

        end = self.end

        expr = self.expr

        namelist: dict[str, Any] | None
        if isinstance(self.namelist, EndingViewNamelistType0):
            namelist = self.namelist.to_dict()
        else:
            namelist = self.namelist

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "at": at,
                "end": end,
                "expr": expr,
                "namelist": namelist,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.ending_view_namelist_type_0 import EndingViewNamelistType0

        d = dict(src_dict)
        at = d.pop("at")

        end = d.pop("end")

        expr = d.pop("expr")

        def _parse_namelist(data: object) -> EndingViewNamelistType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                namelist_type_0 = EndingViewNamelistType0.from_dict(data)

                return namelist_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(EndingViewNamelistType0 | None, data)

        namelist = _parse_namelist(d.pop("namelist"))

        ending_view = cls(
            at=at,
            end=end,
            expr=expr,
            namelist=namelist,
        )

        ending_view.additional_properties = d
        return ending_view

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
