from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.moment_view_commands_item import MomentViewCommandsItem
    from ..models.moment_view_event_type_0 import MomentViewEventType0
    from ..models.transition_view import TransitionView


T = TypeVar("T", bound="MomentView")


@_attrs_define
class MomentView:
    """What a session did at a time.

    Attributes:
        at (float): Seconds from the start of the session.
        commands (list[MomentViewCommandsItem]): What was asked for: the name as `command`, and its fields.
        event (MomentViewEventType0 | None): As `event$` shows it; null when what was delayed was sent.
        transition (None | TransitionView): Null if none was for the event.
    """

    at: float
    commands: list[MomentViewCommandsItem]
    event: MomentViewEventType0 | None
    transition: None | TransitionView
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.moment_view_event_type_0 import MomentViewEventType0
        from ..models.transition_view import TransitionView

        at = self.at

        commands = []
        for commands_item_data in self.commands:
            commands_item = commands_item_data.to_dict()
            commands.append(commands_item)

        event: dict[str, Any] | None
        if isinstance(self.event, MomentViewEventType0):
            event = self.event.to_dict()
        else:
            event = self.event

        transition: dict[str, Any] | None
        if isinstance(self.transition, TransitionView):
            transition = self.transition.to_dict()
        else:
            transition = self.transition

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "at": at,
                "commands": commands,
                "event": event,
                "transition": transition,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.moment_view_commands_item import MomentViewCommandsItem
        from ..models.moment_view_event_type_0 import MomentViewEventType0
        from ..models.transition_view import TransitionView

        d = dict(src_dict)
        at = d.pop("at")

        commands = []
        _commands = d.pop("commands")
        for commands_item_data in _commands:
            commands_item = MomentViewCommandsItem.from_dict(commands_item_data)

            commands.append(commands_item)

        def _parse_event(data: object) -> MomentViewEventType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                event_type_0 = MomentViewEventType0.from_dict(data)

                return event_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(MomentViewEventType0 | None, data)

        event = _parse_event(d.pop("event"))

        def _parse_transition(data: object) -> None | TransitionView:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                transition_type_0 = TransitionView.from_dict(data)

                return transition_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | TransitionView, data)

        transition = _parse_transition(d.pop("transition"))

        moment_view = cls(
            at=at,
            commands=commands,
            event=event,
            transition=transition,
        )

        moment_view.additional_properties = d
        return moment_view

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
