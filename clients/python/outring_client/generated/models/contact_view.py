from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.attempt_outcome import AttemptOutcome, check_attempt_outcome
from ..models.contact_end import ContactEnd, check_contact_end
from ..models.contact_state import ContactState, check_contact_state
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.contact_view_parameters_type_0 import ContactViewParametersType0


T = TypeVar("T", bound="ContactView")


@_attrs_define
class ContactView:
    """Somebody to be called.

    Attributes:
        key (str):
        numbers (list[str]): E.164 with the plus.
        state (ContactState): Where a contact stands.
        attempts (int): Those that count.
        failures (int): Attempts that did not reach the telephone.
        priority (int):
        due (None | str | Unset): While it waits: not called earlier.
        end (ContactEnd | None | Unset): Why it is done.
        last_outcome (AttemptOutcome | None | Unset):
        zone (None | str | Unset):
        region (None | str | Unset):
        not_before (None | str | Unset):
        not_after (None | str | Unset):
        caller_id (None | str | Unset):
        parameters (ContactViewParametersType0 | None | Unset):
    """

    key: str
    numbers: list[str]
    state: ContactState
    attempts: int
    failures: int
    priority: int
    due: None | str | Unset = UNSET
    end: ContactEnd | None | Unset = UNSET
    last_outcome: AttemptOutcome | None | Unset = UNSET
    zone: None | str | Unset = UNSET
    region: None | str | Unset = UNSET
    not_before: None | str | Unset = UNSET
    not_after: None | str | Unset = UNSET
    caller_id: None | str | Unset = UNSET
    parameters: ContactViewParametersType0 | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.contact_view_parameters_type_0 import ContactViewParametersType0

        key = self.key

        numbers = self.numbers

        state: str = self.state

        attempts = self.attempts

        failures = self.failures

        priority = self.priority

        due: None | str | Unset
        if isinstance(self.due, Unset):
            due = UNSET
        else:
            due = self.due

        end: None | str | Unset
        if isinstance(self.end, Unset):
            end = UNSET
        elif isinstance(self.end, str):
            end = self.end
        else:
            end = self.end

        last_outcome: None | str | Unset
        if isinstance(self.last_outcome, Unset):
            last_outcome = UNSET
        elif isinstance(self.last_outcome, str):
            last_outcome = self.last_outcome
        else:
            last_outcome = self.last_outcome

        zone: None | str | Unset
        if isinstance(self.zone, Unset):
            zone = UNSET
        else:
            zone = self.zone

        region: None | str | Unset
        if isinstance(self.region, Unset):
            region = UNSET
        else:
            region = self.region

        not_before: None | str | Unset
        if isinstance(self.not_before, Unset):
            not_before = UNSET
        else:
            not_before = self.not_before

        not_after: None | str | Unset
        if isinstance(self.not_after, Unset):
            not_after = UNSET
        else:
            not_after = self.not_after

        caller_id: None | str | Unset
        if isinstance(self.caller_id, Unset):
            caller_id = UNSET
        else:
            caller_id = self.caller_id

        parameters: dict[str, Any] | None | Unset
        if isinstance(self.parameters, Unset):
            parameters = UNSET
        elif isinstance(self.parameters, ContactViewParametersType0):
            parameters = self.parameters.to_dict()
        else:
            parameters = self.parameters

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "key": key,
                "numbers": numbers,
                "state": state,
                "attempts": attempts,
                "failures": failures,
                "priority": priority,
            }
        )
        if due is not UNSET:
            field_dict["due"] = due
        if end is not UNSET:
            field_dict["end"] = end
        if last_outcome is not UNSET:
            field_dict["last_outcome"] = last_outcome
        if zone is not UNSET:
            field_dict["zone"] = zone
        if region is not UNSET:
            field_dict["region"] = region
        if not_before is not UNSET:
            field_dict["not_before"] = not_before
        if not_after is not UNSET:
            field_dict["not_after"] = not_after
        if caller_id is not UNSET:
            field_dict["caller_id"] = caller_id
        if parameters is not UNSET:
            field_dict["parameters"] = parameters

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.contact_view_parameters_type_0 import ContactViewParametersType0

        d = dict(src_dict)
        key = d.pop("key")

        numbers = cast(list[str], d.pop("numbers"))

        state = check_contact_state(d.pop("state"))

        attempts = d.pop("attempts")

        failures = d.pop("failures")

        priority = d.pop("priority")

        def _parse_due(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        due = _parse_due(d.pop("due", UNSET))

        def _parse_end(data: object) -> ContactEnd | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                end_type_0 = check_contact_end(data)

                return end_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ContactEnd | None | Unset, data)

        end = _parse_end(d.pop("end", UNSET))

        def _parse_last_outcome(data: object) -> AttemptOutcome | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                last_outcome_type_0 = check_attempt_outcome(data)

                return last_outcome_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(AttemptOutcome | None | Unset, data)

        last_outcome = _parse_last_outcome(d.pop("last_outcome", UNSET))

        def _parse_zone(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        zone = _parse_zone(d.pop("zone", UNSET))

        def _parse_region(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        region = _parse_region(d.pop("region", UNSET))

        def _parse_not_before(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        not_before = _parse_not_before(d.pop("not_before", UNSET))

        def _parse_not_after(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        not_after = _parse_not_after(d.pop("not_after", UNSET))

        def _parse_caller_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        caller_id = _parse_caller_id(d.pop("caller_id", UNSET))

        def _parse_parameters(
            data: object,
        ) -> ContactViewParametersType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                parameters_type_0 = ContactViewParametersType0.from_dict(data)

                return parameters_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ContactViewParametersType0 | None | Unset, data)

        parameters = _parse_parameters(d.pop("parameters", UNSET))

        contact_view = cls(
            key=key,
            numbers=numbers,
            state=state,
            attempts=attempts,
            failures=failures,
            priority=priority,
            due=due,
            end=end,
            last_outcome=last_outcome,
            zone=zone,
            region=region,
            not_before=not_before,
            not_after=not_after,
            caller_id=caller_id,
            parameters=parameters,
        )

        contact_view.additional_properties = d
        return contact_view

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
