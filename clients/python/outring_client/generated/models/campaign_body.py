from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.caller_id_choice import CallerIdChoice, check_caller_id_choice
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.breaker import Breaker
    from ..models.campaign_body_hints_type_0 import CampaignBodyHintsType0
    from ..models.opt_out import OptOut
    from ..models.pace import Pace
    from ..models.retries import Retries
    from ..models.window import Window


T = TypeVar("T", bound="CampaignBody")


@_attrs_define
class CampaignBody:
    """A list of contacts that an application calls, once each, in their hours, at a pace.

    Attributes:
        description (None | str | Unset): What it is, for people.
        application (str | Unset): Application whose calls it places, within its limits. That of the key, if none is
            given.
        pace (None | Pace | Unset): How fast it calls.
        retries (None | Retries | Unset): How often, and how long after what.
        windows (list[Window] | None | Unset): Its own hours; calls also keep to those of window rules.
        default_zone (None | str | Unset): Time zone of contacts of whom none is known; without it they are not called.
        holidays (None | str | Unset): Country, as US or DE-BY, on whose public holidays nobody is called.
        suppressions (list[str] | None | Unset): Lists of numbers that are not called.
        opt_out (None | OptOut | Unset): How people take themselves off the list.
        caller_ids (None | str | Unset): Pool of the numbers that it shows; without it that of the trunk.
        caller_id_choice (CallerIdChoice | None | Unset): Which of them a contact sees.
        breaker (Breaker | None | Unset): When failures of ours pause it.
        hints (CampaignBodyHintsType0 | None | Unset): The hints of its calls, as in a request.
    """

    description: None | str | Unset = UNSET
    application: str | Unset = UNSET
    pace: None | Pace | Unset = UNSET
    retries: None | Retries | Unset = UNSET
    windows: list[Window] | None | Unset = UNSET
    default_zone: None | str | Unset = UNSET
    holidays: None | str | Unset = UNSET
    suppressions: list[str] | None | Unset = UNSET
    opt_out: None | OptOut | Unset = UNSET
    caller_ids: None | str | Unset = UNSET
    caller_id_choice: CallerIdChoice | None | Unset = UNSET
    breaker: Breaker | None | Unset = UNSET
    hints: CampaignBodyHintsType0 | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.breaker import Breaker
        from ..models.campaign_body_hints_type_0 import CampaignBodyHintsType0
        from ..models.opt_out import OptOut
        from ..models.pace import Pace
        from ..models.retries import Retries

        description: None | str | Unset
        if isinstance(self.description, Unset):
            description = UNSET
        else:
            description = self.description

        application = self.application

        pace: dict[str, Any] | None | Unset
        if isinstance(self.pace, Unset):
            pace = UNSET
        elif isinstance(self.pace, Pace):
            pace = self.pace.to_dict()
        else:
            pace = self.pace

        retries: dict[str, Any] | None | Unset
        if isinstance(self.retries, Unset):
            retries = UNSET
        elif isinstance(self.retries, Retries):
            retries = self.retries.to_dict()
        else:
            retries = self.retries

        windows: list[dict[str, Any]] | None | Unset
        if isinstance(self.windows, Unset):
            windows = UNSET
        elif isinstance(self.windows, list):
            windows = []
            for windows_type_0_item_data in self.windows:
                windows_type_0_item = windows_type_0_item_data.to_dict()
                windows.append(windows_type_0_item)

        else:
            windows = self.windows

        default_zone: None | str | Unset
        if isinstance(self.default_zone, Unset):
            default_zone = UNSET
        else:
            default_zone = self.default_zone

        holidays: None | str | Unset
        if isinstance(self.holidays, Unset):
            holidays = UNSET
        else:
            holidays = self.holidays

        suppressions: list[str] | None | Unset
        if isinstance(self.suppressions, Unset):
            suppressions = UNSET
        elif isinstance(self.suppressions, list):
            suppressions = self.suppressions

        else:
            suppressions = self.suppressions

        opt_out: dict[str, Any] | None | Unset
        if isinstance(self.opt_out, Unset):
            opt_out = UNSET
        elif isinstance(self.opt_out, OptOut):
            opt_out = self.opt_out.to_dict()
        else:
            opt_out = self.opt_out

        caller_ids: None | str | Unset
        if isinstance(self.caller_ids, Unset):
            caller_ids = UNSET
        else:
            caller_ids = self.caller_ids

        caller_id_choice: None | str | Unset
        if isinstance(self.caller_id_choice, Unset):
            caller_id_choice = UNSET
        elif isinstance(self.caller_id_choice, str):
            caller_id_choice = self.caller_id_choice
        else:
            caller_id_choice = self.caller_id_choice

        breaker: dict[str, Any] | None | Unset
        if isinstance(self.breaker, Unset):
            breaker = UNSET
        elif isinstance(self.breaker, Breaker):
            breaker = self.breaker.to_dict()
        else:
            breaker = self.breaker

        hints: dict[str, Any] | None | Unset
        if isinstance(self.hints, Unset):
            hints = UNSET
        elif isinstance(self.hints, CampaignBodyHintsType0):
            hints = self.hints.to_dict()
        else:
            hints = self.hints

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if description is not UNSET:
            field_dict["description"] = description
        if application is not UNSET:
            field_dict["application"] = application
        if pace is not UNSET:
            field_dict["pace"] = pace
        if retries is not UNSET:
            field_dict["retries"] = retries
        if windows is not UNSET:
            field_dict["windows"] = windows
        if default_zone is not UNSET:
            field_dict["default_zone"] = default_zone
        if holidays is not UNSET:
            field_dict["holidays"] = holidays
        if suppressions is not UNSET:
            field_dict["suppressions"] = suppressions
        if opt_out is not UNSET:
            field_dict["opt_out"] = opt_out
        if caller_ids is not UNSET:
            field_dict["caller_ids"] = caller_ids
        if caller_id_choice is not UNSET:
            field_dict["caller_id_choice"] = caller_id_choice
        if breaker is not UNSET:
            field_dict["breaker"] = breaker
        if hints is not UNSET:
            field_dict["hints"] = hints

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.breaker import Breaker
        from ..models.campaign_body_hints_type_0 import CampaignBodyHintsType0
        from ..models.opt_out import OptOut
        from ..models.pace import Pace
        from ..models.retries import Retries
        from ..models.window import Window

        d = dict(src_dict)

        def _parse_description(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        description = _parse_description(d.pop("description", UNSET))

        application = d.pop("application", UNSET)

        def _parse_pace(data: object) -> None | Pace | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                pace_type_0 = Pace.from_dict(data)

                return pace_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Pace | Unset, data)

        pace = _parse_pace(d.pop("pace", UNSET))

        def _parse_retries(data: object) -> None | Retries | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                retries_type_0 = Retries.from_dict(data)

                return retries_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Retries | Unset, data)

        retries = _parse_retries(d.pop("retries", UNSET))

        def _parse_windows(data: object) -> list[Window] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                windows_type_0 = []
                _windows_type_0 = data
                for windows_type_0_item_data in _windows_type_0:
                    windows_type_0_item = Window.from_dict(windows_type_0_item_data)

                    windows_type_0.append(windows_type_0_item)

                return windows_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[Window] | None | Unset, data)

        windows = _parse_windows(d.pop("windows", UNSET))

        def _parse_default_zone(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        default_zone = _parse_default_zone(d.pop("default_zone", UNSET))

        def _parse_holidays(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        holidays = _parse_holidays(d.pop("holidays", UNSET))

        def _parse_suppressions(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                suppressions_type_0 = cast(list[str], data)

                return suppressions_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        suppressions = _parse_suppressions(d.pop("suppressions", UNSET))

        def _parse_opt_out(data: object) -> None | OptOut | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                opt_out_type_0 = OptOut.from_dict(data)

                return opt_out_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | OptOut | Unset, data)

        opt_out = _parse_opt_out(d.pop("opt_out", UNSET))

        def _parse_caller_ids(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        caller_ids = _parse_caller_ids(d.pop("caller_ids", UNSET))

        def _parse_caller_id_choice(data: object) -> CallerIdChoice | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                caller_id_choice_type_0 = check_caller_id_choice(data)

                return caller_id_choice_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(CallerIdChoice | None | Unset, data)

        caller_id_choice = _parse_caller_id_choice(d.pop("caller_id_choice", UNSET))

        def _parse_breaker(data: object) -> Breaker | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                breaker_type_0 = Breaker.from_dict(data)

                return breaker_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Breaker | None | Unset, data)

        breaker = _parse_breaker(d.pop("breaker", UNSET))

        def _parse_hints(data: object) -> CampaignBodyHintsType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                hints_type_0 = CampaignBodyHintsType0.from_dict(data)

                return hints_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(CampaignBodyHintsType0 | None | Unset, data)

        hints = _parse_hints(d.pop("hints", UNSET))

        campaign_body = cls(
            description=description,
            application=application,
            pace=pace,
            retries=retries,
            windows=windows,
            default_zone=default_zone,
            holidays=holidays,
            suppressions=suppressions,
            opt_out=opt_out,
            caller_ids=caller_ids,
            caller_id_choice=caller_id_choice,
            breaker=breaker,
            hints=hints,
        )

        return campaign_body
