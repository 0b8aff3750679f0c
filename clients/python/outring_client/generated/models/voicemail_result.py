from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.voicemail_cue import VoicemailCue, check_voicemail_cue
from ..models.voicemail_outcome import VoicemailOutcome, check_voicemail_outcome
from ..types import UNSET, Unset

T = TypeVar("T", bound="VoicemailResult")


@_attrs_define
class VoicemailResult:
    """What was done because a machine had answered.

    Attributes:
        outcome (VoicemailOutcome): What was done because a machine had answered.
        cue (None | Unset | VoicemailCue):
        detail (None | str | Unset): Why the message was not left, in a sentence.
    """

    outcome: VoicemailOutcome
    cue: None | Unset | VoicemailCue = UNSET
    detail: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        outcome: str = self.outcome

        cue: None | str | Unset
        if isinstance(self.cue, Unset):
            cue = UNSET
        elif isinstance(self.cue, str):
            cue = self.cue
        else:
            cue = self.cue

        detail: None | str | Unset
        if isinstance(self.detail, Unset):
            detail = UNSET
        else:
            detail = self.detail

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "outcome": outcome,
            }
        )
        if cue is not UNSET:
            field_dict["cue"] = cue
        if detail is not UNSET:
            field_dict["detail"] = detail

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        outcome = check_voicemail_outcome(d.pop("outcome"))

        def _parse_cue(data: object) -> None | Unset | VoicemailCue:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                cue_type_0 = check_voicemail_cue(data)

                return cue_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Unset | VoicemailCue, data)

        cue = _parse_cue(d.pop("cue", UNSET))

        def _parse_detail(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        detail = _parse_detail(d.pop("detail", UNSET))

        voicemail_result = cls(
            outcome=outcome,
            cue=cue,
            detail=detail,
        )

        voicemail_result.additional_properties = d
        return voicemail_result

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
