from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.stream_end import StreamEnd, check_stream_end
from ..types import UNSET, Unset

T = TypeVar("T", bound="StreamView")


@_attrs_define
class StreamView:
    """The WebSocket that a call was joined to; a frame is 20 ms of sound.

    Attributes:
        clears (int):
        frames_dropped (int): Of the far end, which the server was too slow for.
        frames_from_server (int):
        frames_late (int): Of silence within what the server says.
        frames_to_server (int):
        host (str): Of its URL.
        invalid_messages (int):
        marks (int):
        max_buffered_ms (int): The most sound of the server that has waited.
        max_clear_ms (int): The longest time from a clear until silence was sent.
        reconnects (int):
        connected_at (datetime.datetime | Unset): ISO 8601, UTC.
        ended_by (StreamEnd | Unset): Why a stream is over.
        first_audio_at (datetime.datetime | Unset): When the first sound of the server came.
        reason (str | Unset): Where endedBy does not say all.
    """

    clears: int
    frames_dropped: int
    frames_from_server: int
    frames_late: int
    frames_to_server: int
    host: str
    invalid_messages: int
    marks: int
    max_buffered_ms: int
    max_clear_ms: int
    reconnects: int
    connected_at: datetime.datetime | Unset = UNSET
    ended_by: StreamEnd | Unset = UNSET
    first_audio_at: datetime.datetime | Unset = UNSET
    reason: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        clears = self.clears

        frames_dropped = self.frames_dropped

        frames_from_server = self.frames_from_server

        frames_late = self.frames_late

        frames_to_server = self.frames_to_server

        host = self.host

        invalid_messages = self.invalid_messages

        marks = self.marks

        max_buffered_ms = self.max_buffered_ms

        max_clear_ms = self.max_clear_ms

        reconnects = self.reconnects

        connected_at: str | Unset = UNSET
        if not isinstance(self.connected_at, Unset):
            connected_at = self.connected_at.isoformat()

        ended_by: str | Unset = UNSET
        if not isinstance(self.ended_by, Unset):
            ended_by = self.ended_by

        first_audio_at: str | Unset = UNSET
        if not isinstance(self.first_audio_at, Unset):
            first_audio_at = self.first_audio_at.isoformat()

        reason = self.reason

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "clears": clears,
                "framesDropped": frames_dropped,
                "framesFromServer": frames_from_server,
                "framesLate": frames_late,
                "framesToServer": frames_to_server,
                "host": host,
                "invalidMessages": invalid_messages,
                "marks": marks,
                "maxBufferedMs": max_buffered_ms,
                "maxClearMs": max_clear_ms,
                "reconnects": reconnects,
            }
        )
        if connected_at is not UNSET:
            field_dict["connectedAt"] = connected_at
        if ended_by is not UNSET:
            field_dict["endedBy"] = ended_by
        if first_audio_at is not UNSET:
            field_dict["firstAudioAt"] = first_audio_at
        if reason is not UNSET:
            field_dict["reason"] = reason

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        clears = d.pop("clears")

        frames_dropped = d.pop("framesDropped")

        frames_from_server = d.pop("framesFromServer")

        frames_late = d.pop("framesLate")

        frames_to_server = d.pop("framesToServer")

        host = d.pop("host")

        invalid_messages = d.pop("invalidMessages")

        marks = d.pop("marks")

        max_buffered_ms = d.pop("maxBufferedMs")

        max_clear_ms = d.pop("maxClearMs")

        reconnects = d.pop("reconnects")

        _connected_at = d.pop("connectedAt", UNSET)
        connected_at: datetime.datetime | Unset
        if isinstance(_connected_at, Unset):
            connected_at = UNSET
        else:
            connected_at = datetime.datetime.fromisoformat(_connected_at)

        _ended_by = d.pop("endedBy", UNSET)
        ended_by: StreamEnd | Unset
        if isinstance(_ended_by, Unset):
            ended_by = UNSET
        else:
            ended_by = check_stream_end(_ended_by)

        _first_audio_at = d.pop("firstAudioAt", UNSET)
        first_audio_at: datetime.datetime | Unset
        if isinstance(_first_audio_at, Unset):
            first_audio_at = UNSET
        else:
            first_audio_at = datetime.datetime.fromisoformat(_first_audio_at)

        reason = d.pop("reason", UNSET)

        stream_view = cls(
            clears=clears,
            frames_dropped=frames_dropped,
            frames_from_server=frames_from_server,
            frames_late=frames_late,
            frames_to_server=frames_to_server,
            host=host,
            invalid_messages=invalid_messages,
            marks=marks,
            max_buffered_ms=max_buffered_ms,
            max_clear_ms=max_clear_ms,
            reconnects=reconnects,
            connected_at=connected_at,
            ended_by=ended_by,
            first_audio_at=first_audio_at,
            reason=reason,
        )

        stream_view.additional_properties = d
        return stream_view

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
