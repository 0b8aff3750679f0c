from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.recording_order import RecordingOrder, check_recording_order

T = TypeVar("T", bound="CallRecordingStatus")


@_attrs_define
class CallRecordingStatus:
    """How the recording of a live call stands.

    Attributes:
        call (str):
        recording (str):
        state (RecordingOrder): What is wanted of the recording of a live call, and how it stands.
        started (str):
    """

    call: str
    recording: str
    state: RecordingOrder
    started: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        call = self.call

        recording = self.recording

        state: str = self.state

        started = self.started

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "call": call,
                "recording": recording,
                "state": state,
                "started": started,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        call = d.pop("call")

        recording = d.pop("recording")

        state = check_recording_order(d.pop("state"))

        started = d.pop("started")

        call_recording_status = cls(
            call=call,
            recording=recording,
            state=state,
            started=started,
        )

        call_recording_status.additional_properties = d
        return call_recording_status

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
