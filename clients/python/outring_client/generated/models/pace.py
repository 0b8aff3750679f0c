from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.measured_from import MeasuredFrom, check_measured_from
from ..models.pace_mode import PaceMode, check_pace_mode
from ..types import UNSET, Unset

T = TypeVar("T", bound="Pace")


@_attrs_define
class Pace:
    """How fast a campaign calls.

    Attributes:
        mode (PaceMode | Unset): By what it is decided how many calls are placed.
        calls_per_second (float | Unset): Most calls that begin in a second, in every mode. Default: 1.0.
        lines (int | None | Unset): Most calls at once, in every mode.
        ratio (float | Unset): Calls for each free agent; of mode power. Default: 1.0.
        agents (int | None | Unset): Calls that the application serves at once, each as an agent would; without it
            agents are those that report themselves.
        abandoned_target (float | Unset): Share of the calls answered by a person that may be abandoned; of mode
            predictive. Default: 0.03.
        threshold_ms (int | Unset): Milliseconds after which a call without an agent is abandoned. Default: 2000.
        measured_from (MeasuredFrom | Unset): From when it counts how long a person waits for an agent.
        window_days (int | Unset): Days over which the abandoned share is taken. Default: 30.
    """

    mode: PaceMode | Unset = UNSET
    calls_per_second: float | Unset = 1.0
    lines: int | None | Unset = UNSET
    ratio: float | Unset = 1.0
    agents: int | None | Unset = UNSET
    abandoned_target: float | Unset = 0.03
    threshold_ms: int | Unset = 2000
    measured_from: MeasuredFrom | Unset = UNSET
    window_days: int | Unset = 30

    def to_dict(self) -> dict[str, Any]:
        mode: str | Unset = UNSET
        if not isinstance(self.mode, Unset):
            mode = self.mode

        calls_per_second = self.calls_per_second

        lines: int | None | Unset
        if isinstance(self.lines, Unset):
            lines = UNSET
        else:
            lines = self.lines

        ratio = self.ratio

        agents: int | None | Unset
        if isinstance(self.agents, Unset):
            agents = UNSET
        else:
            agents = self.agents

        abandoned_target = self.abandoned_target

        threshold_ms = self.threshold_ms

        measured_from: str | Unset = UNSET
        if not isinstance(self.measured_from, Unset):
            measured_from = self.measured_from

        window_days = self.window_days

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if mode is not UNSET:
            field_dict["mode"] = mode
        if calls_per_second is not UNSET:
            field_dict["calls_per_second"] = calls_per_second
        if lines is not UNSET:
            field_dict["lines"] = lines
        if ratio is not UNSET:
            field_dict["ratio"] = ratio
        if agents is not UNSET:
            field_dict["agents"] = agents
        if abandoned_target is not UNSET:
            field_dict["abandoned_target"] = abandoned_target
        if threshold_ms is not UNSET:
            field_dict["threshold_ms"] = threshold_ms
        if measured_from is not UNSET:
            field_dict["measured_from"] = measured_from
        if window_days is not UNSET:
            field_dict["window_days"] = window_days

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        _mode = d.pop("mode", UNSET)
        mode: PaceMode | Unset
        if isinstance(_mode, Unset):
            mode = UNSET
        else:
            mode = check_pace_mode(_mode)

        calls_per_second = d.pop("calls_per_second", UNSET)

        def _parse_lines(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        lines = _parse_lines(d.pop("lines", UNSET))

        ratio = d.pop("ratio", UNSET)

        def _parse_agents(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        agents = _parse_agents(d.pop("agents", UNSET))

        abandoned_target = d.pop("abandoned_target", UNSET)

        threshold_ms = d.pop("threshold_ms", UNSET)

        _measured_from = d.pop("measured_from", UNSET)
        measured_from: MeasuredFrom | Unset
        if isinstance(_measured_from, Unset):
            measured_from = UNSET
        else:
            measured_from = check_measured_from(_measured_from)

        window_days = d.pop("window_days", UNSET)

        pace = cls(
            mode=mode,
            calls_per_second=calls_per_second,
            lines=lines,
            ratio=ratio,
            agents=agents,
            abandoned_target=abandoned_target,
            threshold_ms=threshold_ms,
            measured_from=measured_from,
            window_days=window_days,
        )

        return pace
