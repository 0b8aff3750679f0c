from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.attempt_outcome import AttemptOutcome, check_attempt_outcome
from ..types import UNSET, Unset

T = TypeVar("T", bound="ContactAttempt")


@_attrs_define
class ContactAttempt:
    """An attempt to call a contact.

    Attributes:
        contact (str): The key of the contact.
        n (int): 1 is the first.
        number (str):
        call (str): applicationUUID of its call.
        reserved (str):
        node (str):
        outcome (AttemptOutcome | None | Unset): None: it has no end yet.
        caller_id (None | str | Unset):
        sip_status (int | None | Unset):
        answered (None | str | Unset):
        greeting_end (None | str | Unset): When whoever answered had said hello.
        agent_at (None | str | Unset): When an agent, or the application, took the call.
        agent (None | str | Unset):
        ended (None | str | Unset):
    """

    contact: str
    n: int
    number: str
    call: str
    reserved: str
    node: str
    outcome: AttemptOutcome | None | Unset = UNSET
    caller_id: None | str | Unset = UNSET
    sip_status: int | None | Unset = UNSET
    answered: None | str | Unset = UNSET
    greeting_end: None | str | Unset = UNSET
    agent_at: None | str | Unset = UNSET
    agent: None | str | Unset = UNSET
    ended: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        contact = self.contact

        n = self.n

        number = self.number

        call = self.call

        reserved = self.reserved

        node = self.node

        outcome: None | str | Unset
        if isinstance(self.outcome, Unset):
            outcome = UNSET
        elif isinstance(self.outcome, str):
            outcome = self.outcome
        else:
            outcome = self.outcome

        caller_id: None | str | Unset
        if isinstance(self.caller_id, Unset):
            caller_id = UNSET
        else:
            caller_id = self.caller_id

        sip_status: int | None | Unset
        if isinstance(self.sip_status, Unset):
            sip_status = UNSET
        else:
            sip_status = self.sip_status

        answered: None | str | Unset
        if isinstance(self.answered, Unset):
            answered = UNSET
        else:
            answered = self.answered

        greeting_end: None | str | Unset
        if isinstance(self.greeting_end, Unset):
            greeting_end = UNSET
        else:
            greeting_end = self.greeting_end

        agent_at: None | str | Unset
        if isinstance(self.agent_at, Unset):
            agent_at = UNSET
        else:
            agent_at = self.agent_at

        agent: None | str | Unset
        if isinstance(self.agent, Unset):
            agent = UNSET
        else:
            agent = self.agent

        ended: None | str | Unset
        if isinstance(self.ended, Unset):
            ended = UNSET
        else:
            ended = self.ended

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "contact": contact,
                "n": n,
                "number": number,
                "call": call,
                "reserved": reserved,
                "node": node,
            }
        )
        if outcome is not UNSET:
            field_dict["outcome"] = outcome
        if caller_id is not UNSET:
            field_dict["caller_id"] = caller_id
        if sip_status is not UNSET:
            field_dict["sip_status"] = sip_status
        if answered is not UNSET:
            field_dict["answered"] = answered
        if greeting_end is not UNSET:
            field_dict["greeting_end"] = greeting_end
        if agent_at is not UNSET:
            field_dict["agent_at"] = agent_at
        if agent is not UNSET:
            field_dict["agent"] = agent
        if ended is not UNSET:
            field_dict["ended"] = ended

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        contact = d.pop("contact")

        n = d.pop("n")

        number = d.pop("number")

        call = d.pop("call")

        reserved = d.pop("reserved")

        node = d.pop("node")

        def _parse_outcome(data: object) -> AttemptOutcome | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                outcome_type_0 = check_attempt_outcome(data)

                return outcome_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(AttemptOutcome | None | Unset, data)

        outcome = _parse_outcome(d.pop("outcome", UNSET))

        def _parse_caller_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        caller_id = _parse_caller_id(d.pop("caller_id", UNSET))

        def _parse_sip_status(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        sip_status = _parse_sip_status(d.pop("sip_status", UNSET))

        def _parse_answered(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        answered = _parse_answered(d.pop("answered", UNSET))

        def _parse_greeting_end(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        greeting_end = _parse_greeting_end(d.pop("greeting_end", UNSET))

        def _parse_agent_at(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        agent_at = _parse_agent_at(d.pop("agent_at", UNSET))

        def _parse_agent(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        agent = _parse_agent(d.pop("agent", UNSET))

        def _parse_ended(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        ended = _parse_ended(d.pop("ended", UNSET))

        contact_attempt = cls(
            contact=contact,
            n=n,
            number=number,
            call=call,
            reserved=reserved,
            node=node,
            outcome=outcome,
            caller_id=caller_id,
            sip_status=sip_status,
            answered=answered,
            greeting_end=greeting_end,
            agent_at=agent_at,
            agent=agent,
            ended=ended,
        )

        contact_attempt.additional_properties = d
        return contact_attempt

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
