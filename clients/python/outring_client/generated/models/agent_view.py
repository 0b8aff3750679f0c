from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.agent_state import AgentState, check_agent_state
from ..types import UNSET, Unset

T = TypeVar("T", bound="AgentView")


@_attrs_define
class AgentView:
    """Somebody who takes the calls of a campaign that are answered.

    Attributes:
        id (str):
        state (AgentState): What an agent does.
        since (str): When it came into that state.
        expires (str): Until then, unless it says more.
        endpoint (None | str | Unset):
        call (None | str | Unset): applicationUUID of the call that it has.
    """

    id: str
    state: AgentState
    since: str
    expires: str
    endpoint: None | str | Unset = UNSET
    call: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        state: str = self.state

        since = self.since

        expires = self.expires

        endpoint: None | str | Unset
        if isinstance(self.endpoint, Unset):
            endpoint = UNSET
        else:
            endpoint = self.endpoint

        call: None | str | Unset
        if isinstance(self.call, Unset):
            call = UNSET
        else:
            call = self.call

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "state": state,
                "since": since,
                "expires": expires,
            }
        )
        if endpoint is not UNSET:
            field_dict["endpoint"] = endpoint
        if call is not UNSET:
            field_dict["call"] = call

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        id = d.pop("id")

        state = check_agent_state(d.pop("state"))

        since = d.pop("since")

        expires = d.pop("expires")

        def _parse_endpoint(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        endpoint = _parse_endpoint(d.pop("endpoint", UNSET))

        def _parse_call(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        call = _parse_call(d.pop("call", UNSET))

        agent_view = cls(
            id=id,
            state=state,
            since=since,
            expires=expires,
            endpoint=endpoint,
            call=call,
        )

        agent_view.additional_properties = d
        return agent_view

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
