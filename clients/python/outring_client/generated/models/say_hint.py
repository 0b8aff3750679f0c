from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="SayHint")


@_attrs_define
class SayHint:
    """Speaks ``text`` of appData to whoever answers, and hangs up.

    Attributes:
        voice (None | str | Unset): Language or name of the voice that speaks.
    """

    voice: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        voice: None | str | Unset
        if isinstance(self.voice, Unset):
            voice = UNSET
        else:
            voice = self.voice

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if voice is not UNSET:
            field_dict["voice"] = voice

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)

        def _parse_voice(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        voice = _parse_voice(d.pop("voice", UNSET))

        say_hint = cls(
            voice=voice,
        )

        return say_hint
