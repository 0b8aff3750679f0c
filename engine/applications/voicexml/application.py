"""VoiceXmlApplication: runs a VoiceXML document as the application of a call. Pure.

It stands in for the CCXML session: it starts the dialog when the call is answered and
ends with it. Whatever the dialog needs beyond its call, transfers above all, is done by
CCXML's commands.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ccxml import commands as c
from ccxml.events import KILL, KILL_UNCONDITIONAL, Event
from ccxml.session import MovedEndpoint, SessionInfo, Step
from ccxml.xml.durations import parse_seconds
from engine.dialogs.voicexml.documents import VOICEXML
from engine.dialogs.voicexml.runner import COMPLETE

_OUTCOMES: Mapping[str, str] = {
    "busy": "busy",
    "noanswer": "noanswer",
    "near_end_disconnect": "near_end_disconnect",
    "rejected": "error.connection.noauthorization",
    "noroute": "error.connection.baddestination",
    "sip:481": "near_end_disconnect",  # the call ends while it is sent elsewhere
    "sip:503": "network_busy",
    "Number denied": "error.connection.noauthorization",
    "Invalid request": "error.connection.baddestination",
    "License limit": "error.connection.noresource",
    "Account call limit": "error.connection.noresource",
    "Application call limit": "error.connection.noresource",
    "BVR call limit": "error.connection.noresource",
}
"""What a call that was not answered means to VoiceXML (2.0, 2.3.7), by CCXML's reason."""


@dataclass(slots=True)
class _Transfer:
    """A transfer that is under way; *other* is the id of the second call, if it needs one."""

    kind: str
    other: str | None = None
    limit_s: float | None = None
    answered: float | None = None
    outcome: str = "far_end_disconnect"  # what the end of the other call means


class VoiceXmlApplication:
    """A ``SessionCore`` for one call and one VoiceXML document.

    Times are seconds of the clock of whoever drives it. Every method that takes a time
    returns the commands to be carried out.
    """

    def __init__(self, uri: str, info: SessionInfo, steps: list[Step]) -> None:
        """*uri* is that of the document. Each event is appended to *steps*, for the trace."""
        self.is_finished = False
        self._uri = uri
        self._id = info.id
        self._steps = steps
        self._now = 0.0
        self._call: str | None = None
        self._is_hung_up = False
        self._dialog: str | None = None
        self._transfer: _Transfer | None = None
        self._transfers = 0
        self._bridge_deadline: float | None = None  # end of the bridge's maximum time

    def prepare(self, now: float) -> list[c.Command]:
        """Nothing to do before the event processor."""
        self._now = now
        return []

    def start(self, now: float) -> list[c.Command]:
        """Take ``ccxml.loaded``; nothing follows until the call is answered."""
        return self.receive(Event("ccxml.loaded", {"sessionid": self._id}), now)

    def receive(self, event: Event, now: float) -> list[c.Command]:
        """Take *event*; the last command is ``Exited`` if the application ends with it."""
        if self.is_finished:
            return []
        self._now = now
        self._steps.append(Step(event, None, 0))
        commands = list(
            self._forward_to_dialog(event) if event.is_sent else self._handle(event)
        )
        self.is_finished = any(isinstance(command, c.Exited) for command in commands)
        return commands

    def next_timer(self) -> float | None:
        """When ``handle_timer`` has to be called: the latest end of a bridge; None
        without one.
        """
        return None if self.is_finished else self._bridge_deadline

    def handle_timer(self, now: float) -> list[c.Command]:
        """End the bridge if its maximum time has passed."""
        if self._bridge_deadline is None or now < self._bridge_deadline:
            return []
        self._now = now
        return list(self._end_bridge("maxtime_disconnect"))

    def on_fetched(self, *_: Any) -> list[c.Command]:
        """Nothing: the dialog's runner fetches, so nothing is fetched by this."""
        return []

    def release_endpoint(self, identity: str) -> MovedEndpoint | None:  # noqa: ARG002
        """Never give a call away to another session; returns None."""
        return None

    def adopt_endpoint(self, moved: MovedEndpoint, now: float) -> list[c.Command]:  # noqa: ARG002
        """Hang up a connection that another session has moved here, since no dialog
        would talk to it.
        """
        return [_disconnect(str(moved.endpoint["connectionid"]))]

    def close(self) -> None:
        """Take no further event."""
        self.is_finished = True

    # -- events ------------------------------------------------------------------

    def _forward_to_dialog(self, event: Event) -> Iterator[c.Command]:
        """Give an event that somebody has sent to the session to its dialog."""
        if self._dialog is not None:
            yield self._send_to_dialog(event.name, event.fields)

    def _handle(self, event: Event) -> Iterator[c.Command]:
        other = self._transfer.other if self._transfer is not None else None
        is_other = other is not None and event.fields.get("connectionid") == other
        match event.name:
            case "connection.connected" if self._call is None:
                self._call = str(event.fields["connectionid"])
                self._dialog = f"{self._id}-dialog"
                yield c.StartDialog(_dialog_order(self._dialog, self._uri, self._call))
            case "dialog.exit":
                values = dict(event.fields["values"])
                yield c.Exited(values.pop("expr", None), values)
            case "error.dialog.notstarted" if self._is_hung_up:
                yield c.Exited(None, {})
            case "error.dialog" | "error.dialog.notstarted":
                yield c.Exited(None, {}, str(event.fields["reason"]).removesuffix("."))
            case "error.outring.internal":  # the document has no part in this
                yield c.Exited(None, {}, str(event.fields["reason"]))
            case "dialog.disconnect":
                assert self._call is not None
                yield _disconnect(self._call)
            case "dialog.transfer":
                yield from self._begin_transfer(event.fields)
            case "dialog.terminatetransfer":
                yield from self._end_bridge("near_end_disconnect")
            case str(name) if name == KILL and self._dialog is not None:
                yield c.TerminateDialog(self._dialog, immediate=False, hints={})
            case str(name) if name in (KILL, KILL_UNCONDITIONAL):
                yield c.Exited(None, {}, str(event.fields["reason"]))
            case "connection.disconnected" if not is_other:
                self._is_hung_up = True
                yield from self._end_bridge("near_end_disconnect")
            case _ if self._transfer is not None:
                yield from self._advance_transfer(
                    self._transfer, event, is_other=is_other
                )

    # -- transfers ---------------------------------------------------------------

    def _begin_transfer(self, request: Mapping[str, Any]) -> Iterator[c.Command]:
        assert self._call is not None
        kind, dest = str(request["type"]), str(request["uri"])
        if kind == "blind":
            self._transfer = _Transfer(kind)
            yield c.RedirectCall(self._call, dest, None, {})
            return
        self._transfers += 1
        other = f"{self._id}-transfer{self._transfers}"
        self._transfer = _Transfer(kind, other, _read_seconds(request["maxtime"]))
        yield c.PlaceCall(
            connection_id=other,
            dest=dest,
            caller_id=None,
            aai=request["aai"],
            timeout_s=_read_seconds(request["connecttimeout"]),
            hints={},
            join_id=self._call if kind == "bridge" else None,
            join_direction="both",
        )

    def _advance_transfer(
        self, transfer: _Transfer, event: Event, *, is_other: bool
    ) -> Iterator[c.Command]:
        match event.name:
            case "connection.connected" if is_other and transfer.kind == "bridge":
                transfer.answered = self._now
                if transfer.limit_s:
                    self._bridge_deadline = self._now + transfer.limit_s
            case "connection.connected" if is_other:
                assert self._call is not None
                assert transfer.other is not None
                yield c.MergeConnections(self._call, transfer.other, {})
            case "connection.failed" if is_other:
                yield from self._complete_transfer(_transfer_outcome(event.fields))
            case "connection.disconnected" if is_other:
                yield from self._complete_transfer(transfer.outcome)
            case "connection.redirected" | "connection.merged" if not is_other:
                yield from self._complete_transfer("")
            case "connection.redirect.failed" | "connection.merge.failed":
                if transfer.other is not None:
                    yield _disconnect(transfer.other)
                yield from self._complete_transfer(_transfer_outcome(event.fields))
            case "error.connection.wrongstate":
                yield from self._complete_transfer("unknown")

    def _end_bridge(self, outcome: str) -> Iterator[c.Command]:
        self._bridge_deadline = None
        transfer = self._transfer
        if transfer is not None and transfer.other is not None:
            transfer.outcome = outcome
            yield _disconnect(transfer.other)

    def _complete_transfer(self, outcome: str) -> Iterator[c.Command]:
        transfer, self._transfer, self._bridge_deadline = self._transfer, None, None
        assert transfer is not None
        lasted = transfer.answered is not None
        duration_s = self._now - (transfer.answered or 0.0) if lasted else 0.0
        yield self._send_to_dialog(
            COMPLETE, {"result": outcome, "duration": duration_s}
        )

    def _send_to_dialog(self, name: str, values: Mapping[str, Any]) -> c.Command:
        assert self._dialog is not None
        return c.Delivery(
            send_id="",
            target=self._dialog,
            target_type="dialog",
            name=name,
            values=values,
            content=None,
            hints={},
        )


def _dialog_order(dialog_id: str, uri: str, connection_id: str) -> c.DialogOrder:
    return c.DialogOrder(
        dialog_id,
        uri,
        VOICEXML,
        parameters={},
        values={},
        connection_id=connection_id,
        conference_id=None,
        media_direction="both",
        method="get",
        enctype="",
        max_age=None,
        max_stale=None,
        hints={},
        base="",
    )


def _disconnect(connection_id: str) -> c.DropConnection:
    return c.DropConnection(connection_id, None, {})


def _transfer_outcome(fields: Mapping[str, Any]) -> str:
    """The outcome of a transfer in VoiceXML's words (2.0, 2.3.7), by CCXML's ``reason``
    in *fields*.
    """
    reason = str(fields["reason"])
    if (outcome := _OUTCOMES.get(reason)) is not None:
        return outcome
    if reason.startswith("sip:"):
        return f"error.connection.protocol.{reason.removeprefix('sip:')}"
    return "unknown"


def _read_seconds(text: str | None) -> float | None:
    return None if text is None else parse_seconds(text)
