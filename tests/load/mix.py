"""Mix: which outcomes the calls of a load have, in which shares. A TOML file each.

[share]
answer = 70
busy = 30

[answer]
ring_ms = 200
"""

import math
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from engine.calls.call_session import HANG_UP_GUARD_S
from engine.config.toml_file import ConfigModel, TomlFile

MIXES = Path(__file__).parent / "mixes"
SHORTEST_LIMIT_MS = 1000  # the API takes no shorter ring time-out or duration
LONGEST_MS = 600_000
SILENCE_S = 33.0  # CANCEL has to wait for a response (RFC 3261 §9.1); so until timer B

Share = Annotated[int, Field(ge=0, le=1000)]
Milliseconds = Annotated[int, Field(ge=0, le=LONGEST_MS)]
Limit = Annotated[int, Field(ge=SHORTEST_LIMIT_MS, le=LONGEST_MS)]


class Outcome(StrEnum):
    """How a call ends, as its callee has it."""

    ANSWER = "answer"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    SILENCE = "silence"


class Shares(ConfigModel):
    """Parts of the whole, whatever they add up to."""

    answer: Share = 0
    busy: Share = 0
    no_answer: Share = 0
    silence: Share = 0

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not any(self.model_dump().values()):
            raise ValueError("some outcome needs a share above 0")
        return self


class Answer(ConfigModel):
    """The callee rings and answers; then one side hangs up."""

    ring_ms: Milliseconds = 0
    hold_ms: Milliseconds = 1000  # from the answer to the end
    hangs_up: Literal["dialer", "callee"] = "dialer"

    @model_validator(mode="after")
    def _long_enough(self) -> Self:
        if self.hangs_up == "dialer" and self.hold_ms < SHORTEST_LIMIT_MS:
            raise ValueError(f"the dialer hangs up after {SHORTEST_LIMIT_MS} or more")
        return self


class Busy(ConfigModel):
    """The callee rings and answers 486."""

    ring_ms: Milliseconds = 0


class NoAnswer(ConfigModel):
    """The callee only rings, and the dialer gives up."""

    ring_timeout_ms: Limit = 2000


class Silence(ConfigModel):
    """Nothing comes back, and the dialer gives up; the call ends after SILENCE_S."""

    ring_timeout_ms: Annotated[int, Field(ge=SHORTEST_LIMIT_MS, le=30_000)] = 2000


class Mix(ConfigModel):
    """What a load's calls are like."""

    share: Shares
    answer: Answer = Answer()
    busy: Busy = Busy()
    no_answer: NoAnswer = NoAnswer()
    silence: Silence = Silence()

    @property
    def shares(self) -> dict[Outcome, int]:
        """Every outcome that there is, and its parts of the whole."""
        parts = {outcome: getattr(self.share, outcome) for outcome in Outcome}
        return {outcome: part for outcome, part in parts.items() if part}

    @property
    def waiting_s(self) -> dict[Outcome, float]:
        """How long a request waits for its answer at the least."""
        return {
            Outcome.ANSWER: self.answer.ring_ms / 1000,
            Outcome.BUSY: self.busy.ring_ms / 1000,
            Outcome.NO_ANSWER: self.no_answer.ring_timeout_ms / 1000,
            Outcome.SILENCE: self.silence.ring_timeout_ms / 1000 + HANG_UP_GUARD_S,
        }

    @property
    def mean_waiting_s(self) -> float:
        """How long a request waits for its answer on average, at the least."""
        shares = self.shares
        waits = (self.waiting_s[outcome] * part for outcome, part in shares.items())
        return sum(waits) / sum(shares.values())

    @property
    def longest_s(self) -> float:
        """From a request to the end of its call, at the most."""
        waits = [self.waiting_s[outcome] for outcome in self.shares]
        if Outcome.SILENCE in self.shares:
            waits.append(SILENCE_S)
        return max(waits) + self.answer.hold_ms / 1000


def read_mix(name: str) -> Mix:
    """The mix of a file, or of one of ours by its name; raises ConfigurationError."""
    ours = MIXES / f"{name}.toml"
    return TomlFile(ours if ours.exists() else Path(name)).validate(Mix)


def cycle(shares: Mapping[Outcome, int]) -> list[Outcome]:
    """Outcomes in the order in which they are asked for, again and again.

    Each comes as often as its share says, and as evenly as can be: the next one is
    always that which is furthest behind.
    """
    whole = sum(shares.values())
    common = math.gcd(*shares.values())
    behind = dict.fromkeys(shares, 0)
    order = []
    for _ in range(whole // common):
        for outcome, part in shares.items():
            behind[outcome] += part
        chosen = max(behind, key=behind.__getitem__)
        behind[chosen] -= whole
        order.append(chosen)
    return order
