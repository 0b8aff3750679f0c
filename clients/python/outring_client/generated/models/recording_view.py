from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.recording_kind import RecordingKind, check_recording_kind
from ..models.recording_state import RecordingState, check_recording_state
from ..types import UNSET, Unset

T = TypeVar("T", bound="RecordingView")


@_attrs_define
class RecordingView:
    """A recording of a call. Members that are not known are absent.

    Attributes:
        id (str):
        call (str): The id of its call, callIndexFull.
        node (str): The process that has its local file.
        kind (RecordingKind): What is recorded.
        state (RecordingState): Where a recording stands.
        start (str): ISO 8601, UTC.
        channels (int): 2: left the far end, right outring.
        is_local (bool): Whether its node has the file.
        application_uuid (None | str | Unset):
        account_id (None | str | Unset):
        application_id (None | str | Unset):
        duration_ms (int | None | Unset):
        size (int | None | Unset): Bytes.
        reason (None | str | Unset): What has ended it.
        url (None | str | Unset): Where it was uploaded to.
        tries (int | Unset): Tries to upload it. Default: 0.
        due (None | str | Unset): When something is done with it; ISO 8601.
        local_until (None | str | Unset): When its file is deleted; ISO 8601.
        remote_until (None | str | Unset): When what was uploaded is deleted; ISO 8601.
        error (None | str | Unset): Why the last try has failed.
    """

    id: str
    call: str
    node: str
    kind: RecordingKind
    state: RecordingState
    start: str
    channels: int
    is_local: bool
    application_uuid: None | str | Unset = UNSET
    account_id: None | str | Unset = UNSET
    application_id: None | str | Unset = UNSET
    duration_ms: int | None | Unset = UNSET
    size: int | None | Unset = UNSET
    reason: None | str | Unset = UNSET
    url: None | str | Unset = UNSET
    tries: int | Unset = 0
    due: None | str | Unset = UNSET
    local_until: None | str | Unset = UNSET
    remote_until: None | str | Unset = UNSET
    error: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        call = self.call

        node = self.node

        kind: str = self.kind

        state: str = self.state

        start = self.start

        channels = self.channels

        is_local = self.is_local

        application_uuid: None | str | Unset
        if isinstance(self.application_uuid, Unset):
            application_uuid = UNSET
        else:
            application_uuid = self.application_uuid

        account_id: None | str | Unset
        if isinstance(self.account_id, Unset):
            account_id = UNSET
        else:
            account_id = self.account_id

        application_id: None | str | Unset
        if isinstance(self.application_id, Unset):
            application_id = UNSET
        else:
            application_id = self.application_id

        duration_ms: int | None | Unset
        if isinstance(self.duration_ms, Unset):
            duration_ms = UNSET
        else:
            duration_ms = self.duration_ms

        size: int | None | Unset
        if isinstance(self.size, Unset):
            size = UNSET
        else:
            size = self.size

        reason: None | str | Unset
        if isinstance(self.reason, Unset):
            reason = UNSET
        else:
            reason = self.reason

        url: None | str | Unset
        if isinstance(self.url, Unset):
            url = UNSET
        else:
            url = self.url

        tries = self.tries

        due: None | str | Unset
        if isinstance(self.due, Unset):
            due = UNSET
        else:
            due = self.due

        local_until: None | str | Unset
        if isinstance(self.local_until, Unset):
            local_until = UNSET
        else:
            local_until = self.local_until

        remote_until: None | str | Unset
        if isinstance(self.remote_until, Unset):
            remote_until = UNSET
        else:
            remote_until = self.remote_until

        error: None | str | Unset
        if isinstance(self.error, Unset):
            error = UNSET
        else:
            error = self.error

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "call": call,
                "node": node,
                "kind": kind,
                "state": state,
                "start": start,
                "channels": channels,
                "isLocal": is_local,
            }
        )
        if application_uuid is not UNSET:
            field_dict["applicationUUID"] = application_uuid
        if account_id is not UNSET:
            field_dict["accountId"] = account_id
        if application_id is not UNSET:
            field_dict["applicationId"] = application_id
        if duration_ms is not UNSET:
            field_dict["durationMs"] = duration_ms
        if size is not UNSET:
            field_dict["size"] = size
        if reason is not UNSET:
            field_dict["reason"] = reason
        if url is not UNSET:
            field_dict["url"] = url
        if tries is not UNSET:
            field_dict["tries"] = tries
        if due is not UNSET:
            field_dict["due"] = due
        if local_until is not UNSET:
            field_dict["localUntil"] = local_until
        if remote_until is not UNSET:
            field_dict["remoteUntil"] = remote_until
        if error is not UNSET:
            field_dict["error"] = error

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        id = d.pop("id")

        call = d.pop("call")

        node = d.pop("node")

        kind = check_recording_kind(d.pop("kind"))

        state = check_recording_state(d.pop("state"))

        start = d.pop("start")

        channels = d.pop("channels")

        is_local = d.pop("isLocal")

        def _parse_application_uuid(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        application_uuid = _parse_application_uuid(d.pop("applicationUUID", UNSET))

        def _parse_account_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        account_id = _parse_account_id(d.pop("accountId", UNSET))

        def _parse_application_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        application_id = _parse_application_id(d.pop("applicationId", UNSET))

        def _parse_duration_ms(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        duration_ms = _parse_duration_ms(d.pop("durationMs", UNSET))

        def _parse_size(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        size = _parse_size(d.pop("size", UNSET))

        def _parse_reason(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        reason = _parse_reason(d.pop("reason", UNSET))

        def _parse_url(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        url = _parse_url(d.pop("url", UNSET))

        tries = d.pop("tries", UNSET)

        def _parse_due(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        due = _parse_due(d.pop("due", UNSET))

        def _parse_local_until(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        local_until = _parse_local_until(d.pop("localUntil", UNSET))

        def _parse_remote_until(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        remote_until = _parse_remote_until(d.pop("remoteUntil", UNSET))

        def _parse_error(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        error = _parse_error(d.pop("error", UNSET))

        recording_view = cls(
            id=id,
            call=call,
            node=node,
            kind=kind,
            state=state,
            start=start,
            channels=channels,
            is_local=is_local,
            application_uuid=application_uuid,
            account_id=account_id,
            application_id=application_id,
            duration_ms=duration_ms,
            size=size,
            reason=reason,
            url=url,
            tries=tries,
            due=due,
            local_until=local_until,
            remote_until=remote_until,
            error=error,
        )

        recording_view.additional_properties = d
        return recording_view

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
