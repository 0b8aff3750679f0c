from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.agent_state import AgentState, check_agent_state
from ..types import UNSET, Unset

T = TypeVar("T", bound="AgentBody")


@_attrs_define
class AgentBody:
    """What an agent does now.

    Attributes:
        state (AgentState): What an agent does.
        endpoint (None | str | Unset): SIP URI at which it is called.
        lease_s (int | Unset): Seconds for which that holds, unless it says more. Default: 30.
    """

    state: AgentState
    endpoint: None | str | Unset = UNSET
    lease_s: int | Unset = 30

    def to_dict(self) -> dict[str, Any]:
        state: str = self.state

        endpoint: None | str | Unset
        if isinstance(self.endpoint, Unset):
            endpoint = UNSET
        else:
            endpoint = self.endpoint

        lease_s = self.lease_s

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "state": state,
            }
        )
        if endpoint is not UNSET:
            field_dict["endpoint"] = endpoint
        if lease_s is not UNSET:
            field_dict["lease_s"] = lease_s

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        state = check_agent_state(d.pop("state"))

        def _parse_endpoint(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        endpoint = _parse_endpoint(d.pop("endpoint", UNSET))

        lease_s = d.pop("lease_s", UNSET)

        agent_body = cls(
            state=state,
            endpoint=endpoint,
            lease_s=lease_s,
        )

        return agent_body
