from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.action import Action, check_action
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.hints import Hints
    from ..models.request_body_app_data_type_1 import RequestBodyAppDataType1
    from ..models.request_body_headers_type_0 import RequestBodyHeadersType0


T = TypeVar("T", bound="RequestBody")


@_attrs_define
class RequestBody:
    """A request for a call, or for an application to start. Other members are ignored.

    Attributes:
        action (Action): What is asked for.
        to (None | str | Unset): SIP URI, tel: URI or telephone number; makeCall needs it.
        api_key (None | str | Unset): Selects the application; may be the header X-API-Key instead.
        caller_id (None | str | Unset): Caller of From: a user, sip:user@host or "Name" <sip:user@host>, of which user
            and name are taken.
        timeout (float | None | Unset): Milliseconds to wait for the answer; never changes the ring time. Default:
            30000.0.
        app_data (None | RequestBodyAppDataType1 | str | Unset): Data for the application.
        headers (None | RequestBodyHeadersType0 | Unset): SIP headers of the INVITE, at most 32; From sets the identity.
            Those that the platform writes, and those given twice, are refused; a compact name stands for its long one.
        hints (Hints | None | Unset):
        async_ (bool | Unset): Answer as soon as the request is admitted, like the header Prefer: respond-async; timeout
            then bounds the wait for that. Default: False.
    """

    action: Action
    to: None | str | Unset = UNSET
    api_key: None | str | Unset = UNSET
    caller_id: None | str | Unset = UNSET
    timeout: float | None | Unset = 30000.0
    app_data: None | RequestBodyAppDataType1 | str | Unset = UNSET
    headers: None | RequestBodyHeadersType0 | Unset = UNSET
    hints: Hints | None | Unset = UNSET
    async_: bool | Unset = False
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.hints import Hints
        from ..models.request_body_app_data_type_1 import RequestBodyAppDataType1
        from ..models.request_body_headers_type_0 import RequestBodyHeadersType0

        action: str = self.action

        to: None | str | Unset
        if isinstance(self.to, Unset):
            to = UNSET
        else:
            to = self.to

        api_key: None | str | Unset
        if isinstance(self.api_key, Unset):
            api_key = UNSET
        else:
            api_key = self.api_key

        caller_id: None | str | Unset
        if isinstance(self.caller_id, Unset):
            caller_id = UNSET
        else:
            caller_id = self.caller_id

        timeout: float | None | Unset
        if isinstance(self.timeout, Unset):
            timeout = UNSET
        else:
            timeout = self.timeout

        app_data: dict[str, Any] | None | str | Unset
        if isinstance(self.app_data, Unset):
            app_data = UNSET
        elif isinstance(self.app_data, RequestBodyAppDataType1):
            app_data = self.app_data.to_dict()
        else:
            app_data = self.app_data

        headers: dict[str, Any] | None | Unset
        if isinstance(self.headers, Unset):
            headers = UNSET
        elif isinstance(self.headers, RequestBodyHeadersType0):
            headers = self.headers.to_dict()
        else:
            headers = self.headers

        hints: dict[str, Any] | None | Unset
        if isinstance(self.hints, Unset):
            hints = UNSET
        elif isinstance(self.hints, Hints):
            hints = self.hints.to_dict()
        else:
            hints = self.hints

        async_ = self.async_

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "action": action,
            }
        )
        if to is not UNSET:
            field_dict["to"] = to
        if api_key is not UNSET:
            field_dict["apiKey"] = api_key
        if caller_id is not UNSET:
            field_dict["callerId"] = caller_id
        if timeout is not UNSET:
            field_dict["timeout"] = timeout
        if app_data is not UNSET:
            field_dict["appData"] = app_data
        if headers is not UNSET:
            field_dict["headers"] = headers
        if hints is not UNSET:
            field_dict["hints"] = hints
        if async_ is not UNSET:
            field_dict["async"] = async_

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.hints import Hints
        from ..models.request_body_app_data_type_1 import RequestBodyAppDataType1
        from ..models.request_body_headers_type_0 import RequestBodyHeadersType0

        d = dict(src_dict)
        action = check_action(d.pop("action"))

        def _parse_to(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        to = _parse_to(d.pop("to", UNSET))

        def _parse_api_key(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        api_key = _parse_api_key(d.pop("apiKey", UNSET))

        def _parse_caller_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        caller_id = _parse_caller_id(d.pop("callerId", UNSET))

        def _parse_timeout(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        timeout = _parse_timeout(d.pop("timeout", UNSET))

        def _parse_app_data(
            data: object,
        ) -> None | RequestBodyAppDataType1 | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                app_data_type_1 = RequestBodyAppDataType1.from_dict(data)

                return app_data_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | RequestBodyAppDataType1 | str | Unset, data)

        app_data = _parse_app_data(d.pop("appData", UNSET))

        def _parse_headers(data: object) -> None | RequestBodyHeadersType0 | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                headers_type_0 = RequestBodyHeadersType0.from_dict(data)

                return headers_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | RequestBodyHeadersType0 | Unset, data)

        headers = _parse_headers(d.pop("headers", UNSET))

        def _parse_hints(data: object) -> Hints | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                hints_type_0 = Hints.from_dict(data)

                return hints_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Hints | None | Unset, data)

        hints = _parse_hints(d.pop("hints", UNSET))

        async_ = d.pop("async", UNSET)

        request_body = cls(
            action=action,
            to=to,
            api_key=api_key,
            caller_id=caller_id,
            timeout=timeout,
            app_data=app_data,
            headers=headers,
            hints=hints,
            async_=async_,
        )

        request_body.additional_properties = d
        return request_body

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
