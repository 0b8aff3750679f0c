from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.send_body_parameters_type_0 import SendBodyParametersType0


T = TypeVar("T", bound="SendBody")


@_attrs_define
class SendBody:
    """An event for a session. Other members are ignored.

    Attributes:
        session_id (str): The session's `session.fullid`.
        name (str): Letters, digits and dots; not beginning with a dot.
        event_source (None | str | Unset): `event$.eventsource`: where answers may go.
        parameters (None | SendBodyParametersType0 | Unset): Members of `event$`; `site.code` is `event$.site.code`. At
            most 500, at most 16 deep.
    """

    session_id: str
    name: str
    event_source: None | str | Unset = UNSET
    parameters: None | SendBodyParametersType0 | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.send_body_parameters_type_0 import SendBodyParametersType0

        session_id = self.session_id

        name = self.name

        event_source: None | str | Unset
        if isinstance(self.event_source, Unset):
            event_source = UNSET
        else:
            event_source = self.event_source

        parameters: dict[str, Any] | None | Unset
        if isinstance(self.parameters, Unset):
            parameters = UNSET
        elif isinstance(self.parameters, SendBodyParametersType0):
            parameters = self.parameters.to_dict()
        else:
            parameters = self.parameters

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "sessionId": session_id,
                "name": name,
            }
        )
        if event_source is not UNSET:
            field_dict["eventSource"] = event_source
        if parameters is not UNSET:
            field_dict["parameters"] = parameters

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.send_body_parameters_type_0 import SendBodyParametersType0

        d = dict(src_dict)
        session_id = d.pop("sessionId")

        name = d.pop("name")

        def _parse_event_source(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        event_source = _parse_event_source(d.pop("eventSource", UNSET))

        def _parse_parameters(data: object) -> None | SendBodyParametersType0 | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                parameters_type_0 = SendBodyParametersType0.from_dict(data)

                return parameters_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | SendBodyParametersType0 | Unset, data)

        parameters = _parse_parameters(d.pop("parameters", UNSET))

        send_body = cls(
            session_id=session_id,
            name=name,
            event_source=event_source,
            parameters=parameters,
        )

        send_body.additional_properties = d
        return send_body

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
