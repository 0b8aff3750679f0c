from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="PlayBody")


@_attrs_define
class PlayBody:
    """A sound to be played: either ``uri`` or ``text``.

    Attributes:
        uri (None | str | Unset): Of a WAV file.
        text (None | str | Unset): To be spoken.
        over (bool | Unset): true: over what the server says; false: in its place, what the server says waits until the
            sound is over. The server hears the far end in both cases. Default: True.
    """

    uri: None | str | Unset = UNSET
    text: None | str | Unset = UNSET
    over: bool | Unset = True

    def to_dict(self) -> dict[str, Any]:
        uri: None | str | Unset
        if isinstance(self.uri, Unset):
            uri = UNSET
        else:
            uri = self.uri

        text: None | str | Unset
        if isinstance(self.text, Unset):
            text = UNSET
        else:
            text = self.text

        over = self.over

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if uri is not UNSET:
            field_dict["uri"] = uri
        if text is not UNSET:
            field_dict["text"] = text
        if over is not UNSET:
            field_dict["over"] = over

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)

        def _parse_uri(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        uri = _parse_uri(d.pop("uri", UNSET))

        def _parse_text(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        text = _parse_text(d.pop("text", UNSET))

        over = d.pop("over", UNSET)

        play_body = cls(
            uri=uri,
            text=text,
            over=over,
        )

        return play_body
