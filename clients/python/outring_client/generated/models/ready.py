from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Ready")


@_attrs_define
class Ready:
    """Whether calls are taken.

    Attributes:
        ready (bool):
        nodes (int): Nodes that live and do not drain.
        calls (int): Calls that live in this process.
        forced_ends (int): Legs of it whose end the watchdog had to report.
        down (list[str]): Background tasks of it that have crashed, and were not started again yet.
    """

    ready: bool
    nodes: int
    calls: int
    forced_ends: int
    down: list[str]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        ready = self.ready

        nodes = self.nodes

        calls = self.calls

        forced_ends = self.forced_ends

        down = self.down

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "ready": ready,
                "nodes": nodes,
                "calls": calls,
                "forcedEnds": forced_ends,
                "down": down,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        ready = d.pop("ready")

        nodes = d.pop("nodes")

        calls = d.pop("calls")

        forced_ends = d.pop("forcedEnds")

        down = cast(list[str], d.pop("down"))

        ready = cls(
            ready=ready,
            nodes=nodes,
            calls=calls,
            forced_ends=forced_ends,
            down=down,
        )

        ready.additional_properties = d
        return ready

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
