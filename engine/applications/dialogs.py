"""Dialogs: this platform has none yet, and says so."""

from ccxml import commands as c

from .host import Actions, Host


class Dialogs:
    """Answers what documents ask of dialogs."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.actions: Actions = {
            c.PrepareDialog: self._prepare,
            c.StartDialog: self._start,
            c.StartPreparedDialog: self._start_prepared,
            c.TerminateDialog: self._terminate,
        }

    def _prepare(self, one: c.PrepareDialog) -> None:
        self._refuse("notprepared", one.order)

    def _start(self, one: c.StartDialog) -> None:
        self._refuse("notstarted", one.order)

    def _refuse(self, what: str, order: c.DialogOrder) -> None:
        self._host.tell(
            f"error.dialog.{what}",
            dialogid=order.dialog_id,
            connectionid=order.connection_id,
            conferenceid=order.conference_id,
            reason=f"this platform has no dialogs of type {order.type}",
        )

    def _start_prepared(self, one: c.StartPreparedDialog) -> None:
        reason = "the dialog was not prepared"
        self._host.tell(
            "error.dialog.notstarted", dialogid=one.dialog_id, reason=reason
        )

    def _terminate(self, one: c.TerminateDialog) -> None:
        """Nothing: that it has not started is on the way."""
