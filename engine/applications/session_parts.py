"""SessionParts: what carries out the commands of one session."""

from collections.abc import Mapping
from functools import partial

import structlog

from ccxml import commands as c
from engine.calls.call_session import CallSession
from engine.dialogs.voicexml.documents import EntryDocument

from .agent_requests import AGENT, AgentRequests
from .conferences import Conferences
from .connection import Connection
from .connections import Connections
from .dialogs import Dialogs
from .send_and_fetch import CreateChild, SendAndFetch
from .session_context import Actions, SessionContext

LOG_CHARS = 2000  # what is logged of one ``log`` element; the rest is cut off

log = structlog.get_logger()


class SessionParts:
    """The connections, conferences, dialogs and messages of a session.

    None knows the others, but for what is handed to it here.
    """

    def __init__(
        self,
        context: SessionContext,
        create_child: CreateChild,
        first: Mapping[str, EntryDocument],
        *,
        source: str,
        lease: str | None,
    ) -> None:
        """*first* are documents of dialogs that are loaded already, by URI. *source* is
        the URI at which the session takes basichttp events. *lease* holds the slots for
        its first call, see ``Connections``.
        """
        self._context = context
        self._conferences = Conferences(context)
        self._connections = Connections(context, self._conferences, lease)
        self._dialogs = Dialogs(context, first)
        self._agents = AgentRequests(context)
        self._send_and_fetch = SendAndFetch(
            context,
            create_child,
            source,
            {
                "connection": self._connections.deliver,
                "dialog": self._dialogs.deliver,
                AGENT: self._agents.deliver,
            },
        )
        self._actions: Actions = {
            **self._connections.actions,
            **self._conferences.actions,
            **self._send_and_fetch.actions,
            **self._dialogs.actions,
            c.WriteLog: partial(_write_log, context.launch.application_uuid),
        }

    @property
    def are_waiting(self) -> bool:
        """Whether something is being fetched, created or prepared."""
        return self._send_and_fetch.is_waiting or self._dialogs.is_preparing

    def perform(self, command: c.Command) -> None:
        """Carry out *command*; a defect is reported to the session as its crash."""
        try:
            self._actions[type(command)](command)
        except Exception as error:  # noqa: BLE001 - logged there
            self._context.crash(error)

    def adopt_call(self, call: CallSession) -> Connection:
        """See ``Connections.adopt_call``."""
        return self._connections.adopt_call(call)

    def end(self) -> None:
        """End everything that belongs to the session, each whatever becomes of the others."""
        for part in (
            self._dialogs,
            self._connections,
            self._conferences,
            self._send_and_fetch,
        ):
            try:
                part.end()
            except Exception as error:  # noqa: BLE001 - logged there
                self._context.crash(error)


def _write_log(application_uuid: str, command: c.WriteLog) -> None:
    log.info(
        "application_log",
        applicationUUID=application_uuid,
        label=command.label,
        text=command.text[:LOG_CHARS],
        line=command.line,
    )
