from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="AgentHint")


@_attrs_define
class AgentHint:
    """Gives whoever answers to a free agent of the campaign, in place of a document.

    Attributes:
        message (str | Unset): What is spoken to somebody for whom no agent was free in time. Default: ''.
        voice (None | str | Unset): Language or name of the voice that speaks.
        proxy_group (None | str | Unset): Proxy group that agents are called by; else as other calls.
    """

    message: str | Unset = ""
    voice: None | str | Unset = UNSET
    proxy_group: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        message = self.message

        voice: None | str | Unset
        if isinstance(self.voice, Unset):
            voice = UNSET
        else:
            voice = self.voice

        proxy_group: None | str | Unset
        if isinstance(self.proxy_group, Unset):
            proxy_group = UNSET
        else:
            proxy_group = self.proxy_group

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if message is not UNSET:
            field_dict["message"] = message
        if voice is not UNSET:
            field_dict["voice"] = voice
        if proxy_group is not UNSET:
            field_dict["proxy_group"] = proxy_group

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        message = d.pop("message", UNSET)

        def _parse_voice(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        voice = _parse_voice(d.pop("voice", UNSET))

        def _parse_proxy_group(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        proxy_group = _parse_proxy_group(d.pop("proxy_group", UNSET))

        agent_hint = cls(
            message=message,
            voice=voice,
            proxy_group=proxy_group,
        )

        return agent_hint
