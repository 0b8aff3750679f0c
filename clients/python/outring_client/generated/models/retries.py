from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.retries_after import RetriesAfter


T = TypeVar("T", bound="Retries")


@_attrs_define
class Retries:
    """How often a contact is called, and how long after what.

    Attributes:
        attempts (int | Unset): Most attempts on a contact, over all its numbers and outcomes. Default: 3.
        failures (int | Unset): Most attempts that did not reach the telephone; they do not count as attempts. Default:
            10.
        after (RetriesAfter | Unset): Seconds until the next attempt by outcome, for the first such outcome, the second
            and so on, the last for all that follow; an empty list ends the contact.
        per_day (int | None | Unset): Most calls to a number in 24 hours, over all campaigns.
        per_week (int | None | Unset): Most calls to a number in seven days, over all campaigns.
    """

    attempts: int | Unset = 3
    failures: int | Unset = 10
    after: RetriesAfter | Unset = UNSET
    per_day: int | None | Unset = UNSET
    per_week: int | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        attempts = self.attempts

        failures = self.failures

        after: dict[str, Any] | Unset = UNSET
        if not isinstance(self.after, Unset):
            after = self.after.to_dict()

        per_day: int | None | Unset
        if isinstance(self.per_day, Unset):
            per_day = UNSET
        else:
            per_day = self.per_day

        per_week: int | None | Unset
        if isinstance(self.per_week, Unset):
            per_week = UNSET
        else:
            per_week = self.per_week

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if attempts is not UNSET:
            field_dict["attempts"] = attempts
        if failures is not UNSET:
            field_dict["failures"] = failures
        if after is not UNSET:
            field_dict["after"] = after
        if per_day is not UNSET:
            field_dict["per_day"] = per_day
        if per_week is not UNSET:
            field_dict["per_week"] = per_week

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.retries_after import RetriesAfter

        d = dict(src_dict)
        attempts = d.pop("attempts", UNSET)

        failures = d.pop("failures", UNSET)

        _after = d.pop("after", UNSET)
        after: RetriesAfter | Unset
        if isinstance(_after, Unset):
            after = UNSET
        else:
            after = RetriesAfter.from_dict(_after)

        def _parse_per_day(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        per_day = _parse_per_day(d.pop("per_day", UNSET))

        def _parse_per_week(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        per_week = _parse_per_week(d.pop("per_week", UNSET))

        retries = cls(
            attempts=attempts,
            failures=failures,
            after=after,
            per_day=per_day,
            per_week=per_week,
        )

        return retries
