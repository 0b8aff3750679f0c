from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.answered_by import AnsweredBy, check_answered_by
from ..models.tone_verdict import ToneVerdict, check_tone_verdict
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.found_body import FoundBody
    from ..models.tone_body import ToneBody
    from ..models.voicemail_result import VoicemailResult


T = TypeVar("T", bound="CallProgressBody")


@_attrs_define
class CallProgressBody:
    """What has answered the call and which tones were heard, as far as the wait went.

    Attributes:
        events (list[FoundBody]):
        verdict (AnsweredBy | Unset): What has answered.
        tones (list[ToneBody] | Unset):
        tone_verdict (ToneVerdict | Unset): What a tone says of a call that was not answered.
        voicemail (VoicemailResult | Unset): What was done because a machine had answered.
    """

    events: list[FoundBody]
    verdict: AnsweredBy | Unset = UNSET
    tones: list[ToneBody] | Unset = UNSET
    tone_verdict: ToneVerdict | Unset = UNSET
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

        tones: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.tones, Unset):
            tones = []
            for tones_item_data in self.tones:
                tones_item = tones_item_data.to_dict()
                tones.append(tones_item)

        tone_verdict: str | Unset = UNSET
        if not isinstance(self.tone_verdict, Unset):
            tone_verdict = self.tone_verdict

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
        if tones is not UNSET:
            field_dict["tones"] = tones
        if tone_verdict is not UNSET:
            field_dict["toneVerdict"] = tone_verdict
        if voicemail is not UNSET:
            field_dict["voicemail"] = voicemail

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.found_body import FoundBody
        from ..models.tone_body import ToneBody
        from ..models.voicemail_result import VoicemailResult

        d = dict(src_dict)
        events = []
        _events = d.pop("events")
        for events_item_data in _events:
            events_item = FoundBody.from_dict(events_item_data)

            events.append(events_item)

        _verdict = d.pop("verdict", UNSET)
        verdict: AnsweredBy | Unset
        if isinstance(_verdict, Unset):
            verdict = UNSET
        else:
            verdict = check_answered_by(_verdict)

        _tones = d.pop("tones", UNSET)
        tones: list[ToneBody] | Unset = UNSET
        if _tones is not UNSET:
            tones = []
            for tones_item_data in _tones:
                tones_item = ToneBody.from_dict(tones_item_data)

                tones.append(tones_item)

        _tone_verdict = d.pop("toneVerdict", UNSET)
        tone_verdict: ToneVerdict | Unset
        if isinstance(_tone_verdict, Unset):
            tone_verdict = UNSET
        else:
            tone_verdict = check_tone_verdict(_tone_verdict)

        _voicemail = d.pop("voicemail", UNSET)
        voicemail: VoicemailResult | Unset
        if isinstance(_voicemail, Unset):
            voicemail = UNSET
        else:
            voicemail = VoicemailResult.from_dict(_voicemail)

        call_progress_body = cls(
            events=events,
            verdict=verdict,
            tones=tones,
            tone_verdict=tone_verdict,
            voicemail=voicemail,
        )

        call_progress_body.additional_properties = d
        return call_progress_body

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
