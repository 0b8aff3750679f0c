from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.ending_view import EndingView
    from ..models.moment_view import MomentView


T = TypeVar("T", bound="TraceView")


@_attrs_define
class TraceView:
    """What one session did.

    Attributes:
        moments (list[MomentView]): The oldest first.
        session_id (str): `session.fullid`: what basichttp asks for.
        skipped (int): Moments before the first one, which are not kept.
        uri (str): Of its first document.
        ending (EndingView | Unset): How a session ended.
    """

    moments: list[MomentView]
    session_id: str
    skipped: int
    uri: str
    ending: EndingView | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        moments = []
        for moments_item_data in self.moments:
            moments_item = moments_item_data.to_dict()
            moments.append(moments_item)

        session_id = self.session_id

        skipped = self.skipped

        uri = self.uri

        ending: dict[str, Any] | Unset = UNSET
        if not isinstance(self.ending, Unset):
            ending = self.ending.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "moments": moments,
                "sessionId": session_id,
                "skipped": skipped,
                "uri": uri,
            }
        )
        if ending is not UNSET:
            field_dict["ending"] = ending

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.ending_view import EndingView
        from ..models.moment_view import MomentView

        d = dict(src_dict)
        moments = []
        _moments = d.pop("moments")
        for moments_item_data in _moments:
            moments_item = MomentView.from_dict(moments_item_data)

            moments.append(moments_item)

        session_id = d.pop("sessionId")

        skipped = d.pop("skipped")

        uri = d.pop("uri")

        _ending = d.pop("ending", UNSET)
        ending: EndingView | Unset
        if isinstance(_ending, Unset):
            ending = UNSET
        else:
            ending = EndingView.from_dict(_ending)

        trace_view = cls(
            moments=moments,
            session_id=session_id,
            skipped=skipped,
            uri=uri,
            ending=ending,
        )

        trace_view.additional_properties = d
        return trace_view

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
