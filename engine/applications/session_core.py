"""SessionCore: what decides in a session, whichever language its document is written in."""

from collections.abc import Mapping
from typing import Any, Protocol

from ccxml import Document
from ccxml.commands import Command
from ccxml.events import Event
from ccxml.session import MovedEndpoint


class SessionCore(Protocol):
    """The ``Session`` of ``ccxml``, or the ``VoiceXmlApplication``.

    Events and time go in, commands come out. Times are seconds of the loop's clock. The
    owner carries out the commands in their order, calls ``handle_timer`` when
    ``next_timer`` says so, and calls ``close`` at the end.
    """

    def prepare(self, now: float) -> list[Command]:
        """Run what stands before the event processor; ``start`` continues from there."""

    def start(self, now: float) -> list[Command]:
        """Handle ``ccxml.loaded``, the first event of every session."""

    def receive(self, event: Event, now: float) -> list[Command]:
        """Handle *event*; the last command is ``Exited`` if the session ends with it."""

    def on_fetched(
        self,
        fetch_id: str,
        content: Document | str,
        now: float,
        texts: Mapping[str, str] | None = None,
        fields: Mapping[str, Any] | None = None,
    ) -> list[Command]:
        """Take what the ``FetchResource`` of the id *fetch_id* has fetched.

        *content* is a document, with the *texts* of its static scripts by their ``src``, or
        a text. *fields* are further fields of the event ``fetch.done``.
        """

    def release_endpoint(self, identity: str) -> MovedEndpoint | None:
        """Remove an endpoint to move it elsewhere; None if it does not exist, or stays."""

    def adopt_endpoint(self, moved: MovedEndpoint, now: float) -> list[Command]:
        """Add an endpoint that another session has moved here."""

    def next_timer(self) -> float | None:
        """When ``handle_timer`` has to be called, or None if nothing is due."""

    def handle_timer(self, now: float) -> list[Command]:
        """Do what is due at *now*; nothing, if that is too early."""

    def close(self) -> None:
        """End without further commands, and free the memory."""
