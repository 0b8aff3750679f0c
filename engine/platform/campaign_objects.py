"""Campaigns, pools of caller ids, and the hours of jurisdictions, as objects of the platform."""

from typing import Annotated, Any

import msgspec
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StrictFloat,
    StrictInt,
    StringConstraints,
    ValidationInfo,
)

from engine.config.toml_file import NO_NUL, ConfigModel, User
from engine.model.outbound_request import Hints

from .calendars import load_holidays, load_zone
from .campaign_options import (
    Breaker,
    BreakerField,
    CallerIdChoice,
    OptOutField,
    Pace,
    PaceField,
    Retries,
    RetriesField,
    Window,
    WindowsField,
)
from .object_fields import AS_STORED, ObjectId, Text, decode_json


def _check_zone(name: str, info: ValidationInfo) -> str:
    if info.context != AS_STORED:
        try:
            load_zone(name)
        except ValueError:
            text = f"there is no time zone {name}: write it as Europe/Berlin"
            raise ValueError(text) from None
    return name


def _check_holidays(code: str, info: ValidationInfo) -> str:
    if info.context != AS_STORED:
        load_holidays(code)
    return code


def _check_hints(hints: object) -> object:
    given = decode_json(hints)
    try:
        msgspec.convert(given, Hints)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None
    return given


Zone = Annotated[str, AfterValidator(_check_zone)]
Prefix = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{0,14}$")]
CallerNumber = Annotated[User, StringConstraints(max_length=64)]


class Campaign(ConfigModel):
    """A list of contacts that an application calls, once each, in their hours, at a pace."""

    id: ObjectId = Field(description="Letters, digits, dot, dash, underscore.")
    description: Text = Field("", description="What it is, for people.")
    application: ObjectId = Field(
        description="Application whose calls it places, within its limits."
    )
    pace: PaceField = Field(default_factory=Pace, description="How fast it calls.")
    retries: RetriesField = Field(
        default_factory=Retries, description="How often, and how long after what."
    )
    windows: WindowsField = Field(
        (), description="Its own hours; calls also keep to those of window rules."
    )
    default_zone: Zone | None = Field(
        None,
        description="Time zone of contacts of whom none is known; without it they are not "
        "called.",
    )
    holidays: (
        Annotated[
            str,
            StringConstraints(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$"),
            AfterValidator(_check_holidays),
        ]
        | None
    ) = Field(
        None,
        description="Country, as US or DE-BY, on whose public holidays nobody is called.",
    )
    suppressions: tuple[ObjectId, ...] = Field(
        (), max_length=20, description="Lists of numbers that are not called."
    )
    opt_out: OptOutField | None = Field(
        None, description="How people take themselves off the list."
    )
    caller_ids: ObjectId | None = Field(
        None,
        description="Pool of the numbers that it shows; without it that of the trunk.",
    )
    caller_id_choice: CallerIdChoice = Field(
        CallerIdChoice.STICKY, description="Which of them a contact sees."
    )
    breaker: BreakerField = Field(
        default_factory=Breaker, description="When failures of ours pause it."
    )
    hints: Annotated[dict[str, Any], BeforeValidator(_check_hints)] = Field(
        default_factory=dict, description="The hints of its calls, as in a request."
    )

    @property
    def lists(self) -> tuple[str, ...]:
        """The suppression lists whose numbers it does not call: with that of its opt-outs."""
        own = (self.opt_out.list,) if self.opt_out is not None else ()
        return (*self.suppressions, *own)

    @property
    def identity(self) -> str:
        """The id by which commands and the API address it."""
        return self.id


class CallerIdPool(ConfigModel):
    """Numbers that campaigns show, how often each may be used, and when it rests."""

    id: ObjectId = Field(description="Letters, digits, dot, dash, underscore.")
    numbers: tuple[CallerNumber, ...] = Field(
        min_length=1, max_length=10_000, description="Its numbers, with their plus."
    )
    daily_cap: Annotated[StrictInt, Field(ge=1, le=1_000_000)] | None = Field(
        None,
        description="Most calls of a number in a day, which begins at midnight UTC.",
    )
    rest_after: Annotated[StrictInt, Field(ge=1, le=1_000_000)] | None = Field(
        None, description="Calls after which a number rests."
    )
    min_answer_rate: Annotated[StrictFloat, Field(gt=0, lt=1)] | None = Field(
        None,
        description="Share of its calls below whose being answered a number rests.",
    )
    rest_s: Annotated[StrictInt, Field(ge=1, le=2_592_000)] = Field(
        3600, description="Seconds for which it rests."
    )

    @property
    def identity(self) -> str:
        """The id by which commands and the API address it."""
        return self.id


class WindowRule(ConfigModel):
    """When a jurisdiction lets numbers be called: with campaigns' own windows, never beside."""

    id: ObjectId = Field(description="Letters, digits, dot, dash, underscore.")
    prefixes: tuple[Prefix, ...] = Field(
        min_length=1, max_length=1000, description="What its numbers begin with, as +1."
    )
    windows: WindowsField = Field(description="When they may be called.", min_length=1)
    max_per_day: Annotated[StrictInt, Field(ge=1, le=100)] | None = Field(
        None, description="Most calls to a number in 24 hours."
    )
    source: Annotated[str, StringConstraints(max_length=500, pattern=NO_NUL)] = Field(
        description="Where it is written, as 47 CFR 64.1200(c)(1)."
    )
    as_of: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")] = Field(
        description="Day on which that was read."
    )

    @property
    def identity(self) -> str:
        """The id by which commands and the API address it."""
        return self.id


__all__ = ["CallerIdPool", "Campaign", "Window", "WindowRule"]
