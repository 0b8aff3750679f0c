from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.answered_by import AnsweredBy, check_answered_by
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.found_view import FoundView
    from ..models.voicemail_result import VoicemailResult


T = TypeVar("T", bound="FindingsView")


@_attrs_define
class FindingsView:
    """What has answered a call.

    Attributes:
        events (list[FoundView]):
        verdict (AnsweredBy | Unset): What has answered.
        voicemail (VoicemailResult | Unset): What was done because a machine had answered.
    """

    events: list[FoundView]
    verdict: AnsweredBy | Unset = UNSET
    voicemail: VoicemailResult | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        events = []
        for events_item_data in self.events:
            events_item = events_item_data.to_dict()
            events.append(events_item)

        verdict: str | Unset = UNSET
        if not isinstance(self.verdict, Unset):
            verdict = self.verdict

        voicemail: dict[str, Any] | Unset = UNSET
        if not isinstance(self.voicemail, Unset):
            voicemail = self.voicemail.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "events": events,
            }
        )
        if verdict is not UNSET:
            field_dict["verdict"] = verdict
        if voicemail is not UNSET:
            field_dict["voicemail"] = voicemail

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.found_view import FoundView
        from ..models.voicemail_result import VoicemailResult

        d = dict(src_dict)
        events = []
        _events = d.pop("events")
        for events_item_data in _events:
            events_item = FoundView.from_dict(events_item_data)

            events.append(events_item)

        _verdict = d.pop("verdict", UNSET)
        verdict: AnsweredBy | Unset
        if isinstance(_verdict, Unset):
            verdict = UNSET
        else:
            verdict = check_answered_by(_verdict)

        _voicemail = d.pop("voicemail", UNSET)
        voicemail: VoicemailResult | Unset
        if isinstance(_voicemail, Unset):
            voicemail = UNSET
        else:
            voicemail = VoicemailResult.from_dict(_voicemail)

        findings_view = cls(
            events=events,
            verdict=verdict,
            voicemail=voicemail,
        )

        findings_view.additional_properties = d
        return findings_view

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
