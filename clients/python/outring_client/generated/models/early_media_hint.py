from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="EarlyMediaHint")


@_attrs_define
class EarlyMediaHint:
    """Listens for the tones of networks and for announcements, also before the answer.

    Attributes:
        country (None | str | Unset): ISO 3166 code of the network; without it that of the number, if it begins with +
            and its country is known, else tones as most countries have.
        events (None | str | Unset):
        hangup (None | str | Unset): Tones that end a call that was not answered, with commas between; none ends none.
            Without it: busy, congestion, sit_reorder, sit_no_circuit, unobtainable, sit, sit_vacant, sit_intercept.
        afteranswer (str | Unset): How long to listen once the call was answered. Default: '0s'.
    """

    country: None | str | Unset = UNSET
    events: None | str | Unset = UNSET
    hangup: None | str | Unset = UNSET
    afteranswer: str | Unset = "0s"

    def to_dict(self) -> dict[str, Any]:
        country: None | str | Unset
        if isinstance(self.country, Unset):
            country = UNSET
        else:
            country = self.country

        events: None | str | Unset
        if isinstance(self.events, Unset):
            events = UNSET
        else:
            events = self.events

        hangup: None | str | Unset
        if isinstance(self.hangup, Unset):
            hangup = UNSET
        else:
            hangup = self.hangup

        afteranswer = self.afteranswer

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if country is not UNSET:
            field_dict["country"] = country
        if events is not UNSET:
            field_dict["events"] = events
        if hangup is not UNSET:
            field_dict["hangup"] = hangup
        if afteranswer is not UNSET:
            field_dict["afteranswer"] = afteranswer

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)

        def _parse_country(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        country = _parse_country(d.pop("country", UNSET))

        def _parse_events(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        events = _parse_events(d.pop("events", UNSET))

        def _parse_hangup(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        hangup = _parse_hangup(d.pop("hangup", UNSET))

        afteranswer = d.pop("afteranswer", UNSET)

        early_media_hint = cls(
            country=country,
            events=events,
            hangup=hangup,
            afteranswer=afteranswer,
        )

        return early_media_hint
