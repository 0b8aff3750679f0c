"""The options of a campaign: its pace, its retries, its hours, its caller ids. Pure.

Each limit that a law asks for is a parameter; docs/campaigns.md names sources and dates.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import (
    BeforeValidator,
    Field,
    StrictFloat,
    StrictInt,
    StringConstraints,
    model_validator,
)

from engine.config.toml_file import ConfigModel
from engine.model.campaign import AttemptOutcome

from .object_fields import decode_json

DAY_S = 86_400.0
MAX_DELAY_S = 366 * DAY_S
MAX_ATTEMPTS = 50


class PaceMode(StrEnum):
    """By what it is decided how many calls are placed."""

    FIXED = "fixed"  # so many a second
    POWER = "power"  # so many for each free agent
    PROGRESSIVE = "progressive"  # one for each free agent
    PREDICTIVE = "predictive"  # as many as keep the abandoned rate under its target


class MeasuredFrom(StrEnum):
    """From when it counts how long a person waits for an agent."""

    ANSWER = "answer"
    GREETING_END = "greeting_end"


class Pace(ConfigModel):
    """How fast a campaign calls."""

    mode: PaceMode = Field(
        PaceMode.FIXED, description="What decides how many are called."
    )
    calls_per_second: Annotated[StrictFloat, Field(gt=0, le=10_000)] = Field(
        1.0, description="Most calls that begin in a second, in every mode."
    )
    lines: Annotated[StrictInt, Field(ge=1, le=100_000)] | None = Field(
        None, description="Most calls at once, in every mode."
    )
    ratio: Annotated[StrictFloat, Field(ge=1, le=20)] = Field(
        1.0, description="Calls for each free agent; of mode power."
    )
    agents: Annotated[StrictInt, Field(ge=1, le=100_000)] | None = Field(
        None,
        description="Calls that the application serves at once, each as an agent would; "
        "without it agents are those that report themselves.",
    )
    abandoned_target: Annotated[StrictFloat, Field(ge=0, le=0.5)] = Field(
        0.03,
        description="Share of the calls answered by a person that may be abandoned; of mode "
        "predictive.",
    )
    threshold_ms: Annotated[StrictInt, Field(ge=0, le=60_000)] = Field(
        2_000,
        description="Milliseconds after which a call without an agent is abandoned.",
    )
    measured_from: MeasuredFrom = Field(
        MeasuredFrom.GREETING_END, description="From when these milliseconds count."
    )
    window_days: Annotated[StrictInt, Field(ge=1, le=90)] = Field(
        30, description="Days over which the abandoned share is taken."
    )


Delay = Annotated[StrictFloat | StrictInt, Field(ge=0, le=MAX_DELAY_S)]
Delays = Annotated[tuple[Delay, ...], Field(max_length=MAX_ATTEMPTS)]

DEFAULT_DELAYS: Mapping[AttemptOutcome, tuple[float, ...]] = MappingProxyType(
    {
        AttemptOutcome.BUSY: (300.0, 900.0, 3600.0),
        AttemptOutcome.NO_ANSWER: (3600.0, 14_400.0, DAY_S),
        AttemptOutcome.MACHINE: (14_400.0, DAY_S),
        AttemptOutcome.CONGESTION: (60.0, 300.0, 900.0),
        AttemptOutcome.ABANDONED: (3 * DAY_S,),
        AttemptOutcome.CANCELLED: (60.0,),
        AttemptOutcome.NOT_PLACED: (5.0, 30.0, 60.0),
    }
)
"""Seconds until a contact is called again after an outcome; those not named here end it."""


class Retries(ConfigModel):
    """How often a contact is called, and how long after what."""

    attempts: Annotated[StrictInt, Field(ge=1, le=MAX_ATTEMPTS)] = Field(
        3, description="Most attempts on a contact, over all its numbers and outcomes."
    )
    failures: Annotated[StrictInt, Field(ge=1, le=1000)] = Field(
        10,
        description="Most attempts that did not reach the telephone; they do not count as "
        "attempts.",
    )
    after: dict[AttemptOutcome, Delays] = Field(
        default_factory=dict,
        description="Seconds until the next attempt by outcome, for the first such outcome, "
        "the second and so on, the last for all that follow; an empty list ends the contact.",
    )
    per_day: Annotated[StrictInt, Field(ge=1, le=100)] | None = Field(
        None, description="Most calls to a number in 24 hours, over all campaigns."
    )
    per_week: Annotated[StrictInt, Field(ge=1, le=500)] | None = Field(
        None, description="Most calls to a number in seven days, over all campaigns."
    )

    def delays_after(self, outcome: AttemptOutcome) -> tuple[float, ...]:
        """Return the delays after *outcome* in seconds; empty: it ends the contact."""
        return self.after.get(outcome, DEFAULT_DELAYS.get(outcome, ()))


Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ClockTime = Annotated[
    str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$")
]
"""Local time of day; 24:00 is the end of the day."""


class Window(ConfigModel):
    """Hours of some days of the week, in the local time of whoever is called."""

    days: tuple[Day, ...] = Field(
        DAYS, min_length=1, max_length=7, description="Days of the week."
    )
    opens: ClockTime = Field("08:00", description="When it opens, as 08:00.")
    closes: ClockTime = Field("21:00", description="When it closes, as 21:00 or 24:00.")

    @model_validator(mode="after")
    def _check_order(self) -> "Window":
        if self.opens >= self.closes:
            raise ValueError("a window closes after it opens, on the same day")
        return self


class CallerIdChoice(StrEnum):
    """Which number of a pool a contact sees."""

    STICKY = "sticky"  # the same in every attempt
    LOCAL = "local"  # the one with the longest common prefix
    ROTATE = "rotate"  # the one that was used the longest time ago


class Breaker(ConfigModel):
    """When failures of the platform or of its routes pause a campaign."""

    share: Annotated[StrictFloat, Field(gt=0, le=1)] = Field(
        0.5, description="Share of calls that failed on our side, or with a 5xx."
    )
    calls: Annotated[StrictInt, Field(ge=1, le=10_000)] = Field(
        20, description="Fewest calls by which it is judged."
    )
    window_s: Annotated[StrictInt, Field(ge=1, le=3600)] = Field(
        120, description="Seconds over which the share is taken."
    )
    rest_s: Annotated[StrictInt, Field(ge=1, le=86_400)] = Field(
        60, description="Seconds until some calls are tried again."
    )


class OptOut(ConfigModel):
    """How people take themselves off the list."""

    list: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")] = Field(
        description="Suppression list that their number goes on."
    )
    digit: Annotated[str, StringConstraints(pattern=r"^[0-9*#]$")] | None = Field(
        None, description="Key that does it, at any time of a call."
    )


PaceField = Annotated[Pace, BeforeValidator(decode_json)]
RetriesField = Annotated[Retries, BeforeValidator(decode_json)]
BreakerField = Annotated[Breaker, BeforeValidator(decode_json)]
OptOutField = Annotated[OptOut, BeforeValidator(decode_json)]
WindowsField = Annotated[
    tuple[Window, ...], BeforeValidator(decode_json), Field(max_length=50)
]
