"""What is simulated: the campaign, the people it calls, and its agents."""

from typing import Annotated

from pydantic import Field, StrictFloat, StrictInt, model_validator

from engine.config.toml_file import ConfigModel
from engine.platform.campaign_objects import Zone
from engine.platform.campaign_options import (
    Breaker,
    Pace,
    PaceMode,
    Retries,
    Window,
)

HOURS = 24
Share = Annotated[StrictFloat | StrictInt, Field(ge=0, le=1)]
Seconds = Annotated[StrictFloat | StrictInt, Field(gt=0, le=7200)]
Factor = Annotated[StrictFloat | StrictInt, Field(ge=0, le=4)]


class Duration(ConfigModel):
    """A lognormal duration."""

    median_s: Seconds = Field(description="Half of them are shorter, in seconds.")
    sigma: Annotated[StrictFloat, Field(ge=0, le=2)] = Field(
        0.4, description="Standard deviation of its natural logarithm."
    )


class Population(ConfigModel):
    """People who are called: what becomes of a call to them, and how long it takes."""

    contacts: Annotated[StrictInt, Field(ge=1, le=2_000_000)] = Field(
        20_000, description="How many there are."
    )
    persons: Share = Field(0.25, description="Share of calls that a person answers.")
    machines: Share = Field(0.3, description="Share of calls that a machine answers.")
    busy: Share = Field(0.05, description="Share of calls to a busy line.")
    congestion: Share = Field(0.01, description="Share of calls that fail on the way.")
    invalid: Share = Field(0.03, description="Share of contacts with a wrong number.")
    by_hour: Annotated[
        tuple[Factor, ...], Field(min_length=HOURS, max_length=HOURS)
    ] = Field(
        (0.3,) * 8
        + (0.8, 0.9, 1.0, 1.0, 0.9, 0.85, 0.9, 1.0, 1.1, 1.25, 1.35, 1.3, 1.1)
        + (0.5,) * 3,
        description="What the share of persons is multiplied by in each local hour.",
    )
    zones: dict[Zone, Share] = Field(
        {
            "America/New_York": 0.5,
            "America/Chicago": 0.3,
            "America/Denver": 0.05,
            "America/Los_Angeles": 0.15,
        },
        min_length=1,
        description="Share of the contacts in each time zone.",
    )
    machine_as_person: Share = Field(
        0.05, description="Share of the machines that are taken for persons."
    )
    person_as_machine: Share = Field(
        0.0, description="Share of the persons that are taken for machines."
    )
    person_rings: Duration = Field(
        Duration(median_s=9.0, sigma=0.5), description="Until a person answers."
    )
    machine_rings: Duration = Field(
        Duration(median_s=17.0, sigma=0.25), description="Until a machine answers."
    )
    ring_limit_s: Seconds = Field(25.0, description="Until ringing is given up.")
    greeting: Duration = Field(
        Duration(median_s=1.6, sigma=0.35),
        description="From a person's answer to the end of the greeting.",
    )
    recognition_s: Seconds = Field(
        3.5, description="From a machine's answer until it is recognised."
    )
    talk: Duration = Field(
        Duration(median_s=120.0, sigma=0.9), description="What a person talks."
    )

    @model_validator(mode="after")
    def _check_shares(self) -> "Population":
        if self.persons + self.machines + self.busy + self.congestion > 1:
            raise ValueError("persons, machines, busy and congestion are more than all")
        return self


class Staff(ConfigModel):
    """Agents: how many, when, and what they do besides talking."""

    agents: Annotated[StrictInt, Field(ge=1, le=2000)] = Field(
        20, description="How many there are."
    )
    zone: Zone = Field("America/New_York", description="Time zone that they work in.")
    hours: Window = Field(
        Window(days=("mon", "tue", "wed", "thu", "fri"), opens="10:00", closes="19:00"),
        description="When they work.",
    )
    wrap_up: Duration = Field(
        Duration(median_s=12.0, sigma=0.4), description="Work after each talk."
    )
    pause_chance: Share = Field(
        0.03, description="Share of the talks after which an agent takes a pause."
    )
    pause: Duration = Field(
        Duration(median_s=300.0, sigma=0.4), description="How long such a pause is."
    )


class SimulationPlan(ConfigModel):
    """A campaign with all that a simulation has to know."""

    days: Annotated[StrictInt, Field(ge=1, le=366)] = Field(
        1, description="Days after which it stops, if contacts are left then."
    )
    seed: StrictInt = Field(1, description="The same seed gives the same result.")
    begins: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] = Field(
        "2026-03-02", description="The first day."
    )
    pace: Pace = Field(
        Pace(mode=PaceMode.PREDICTIVE, calls_per_second=50.0),
        description="The pace of the campaign.",
    )
    retries: Retries = Field(Retries(), description="The retries of the campaign.")
    windows: tuple[Window, ...] = Field(
        (Window(opens="08:00", closes="21:00"),),
        max_length=50,
        description="When people may be called, in their own time.",
    )
    breaker: Breaker = Field(Breaker(), description="The breaker of the campaign.")
    people: Population = Field(Population(), description="Who is called.")
    staff: Staff = Field(Staff(), description="Who talks to them.")
