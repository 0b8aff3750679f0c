"""DialogState: one dialog of a session, from its command until its end is reported."""

import asyncio
from typing import TYPE_CHECKING, Any

from ccxml import commands as c
from ccxml.events import Event
from engine.dialogs import (
    Dialog,
    DialogRunner,
    PromptSounds,
    StreamDialog,
    StreamRunner,
)
from engine.dialogs.voicexml.documents import EntryDocument

from .connection import Connection
from .dialog_events import DialogEvents

if TYPE_CHECKING:
    from engine.dialogs.voicexml.runner import VoiceXmlRunner

    AnyRunner = DialogRunner | VoiceXmlRunner | StreamRunner


class DialogState:
    """One dialog from its command until its end is reported. *sounds* are its prompts."""

    def __init__(self, order: c.DialogOrder, sounds: PromptSounds) -> None:
        self.id = order.dialog_id
        self.order = order
        self.sounds = sounds
        self.connection_id = order.connection_id
        self.preparing: asyncio.Task[None] | None = None
        self.dialog: Dialog | EntryDocument | StreamDialog | None = (
            None  # once it is ready
        )
        self.start_when_ready = False  # stays set once it has started
        self.runner: AnyRunner | None = None  # once it has started
        self.connection: Connection | None = None
        self.events: DialogEvents | None = None  # once it has a connection

    def make_event(self, name: str, **fields: Any) -> Event:
        """The event *name* of this dialog. Each carries its ids, and the same as ``dialog``."""
        ids = {
            "dialogid": self.id,
            "connectionid": self.connection_id,
            "conferenceid": self.order.conference_id,
        }
        fields = {**ids, "dialog": ids, **fields}
        return Event(name, fields, self.id, "dialog")
