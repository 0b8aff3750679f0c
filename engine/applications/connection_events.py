"""The events of CCXML that tell a document about one connection (CCXML 1.0, chapter 10).

Pure: what calls report in, events out.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from ccxml.events import Event
from engine.calls.call_session import CallSession
from engine.model.result import RefusedError
from sip.call_progress import ProgressType
from sip.events import Digit, Ended, Origin
from sip.message import Response, printable
from sip.network_tones import ToneType, ToneVerdict

from .session_values import session_values

PROTOCOL = "SIP"  # as the reference platform calls it

_REASONS = {
    **dict.fromkeys((486, 600), "busy"),
    **dict.fromkeys((408, 480), "noanswer"),
    **dict.fromkeys((403, 603), "rejected"),
    **dict.fromkeys((404, 484, 604), "noroute"),
}
_TONE_REASONS = {
    ToneVerdict.BUSY: "busy",
    ToneVerdict.CONGESTION: "congestion",
    ToneVerdict.UNREACHABLE: "noroute",
}
VERSION = "2.0"
_URI = re.compile("(?:sips?|tel):", re.IGNORECASE)
_WITH_PARAMETERS = frozenset({"to", "from", "contact"})


def reason_of(status: int) -> str:
    """The ``reason`` of ``connection.failed`` for the final SIP *status* of a call: a
    word of the reference platform, or ``sip:`` and the number.
    """
    return _REASONS.get(status, f"sip:{status}")


class ConnectionEvents:
    """Makes the events of one connection, each by a method that is named after it.

    Events carry the latest response's SIP headers, so the methods have to be called in
    the order in which things happened.
    """

    def __init__(
        self,
        identity: str,
        *,
        local: str | None,
        remote: str,
        appdata: Mapping[str, Any] | None = None,
    ) -> None:
        """*local* is the caller ID, *remote* the destination, *appdata* what the request gave.

        From the first response on *local* is the URI of the From that was sent.
        """
        self.id = identity
        self._properties: dict[str, Any] = {
            "connectionid": identity,
            **({} if local is None else {"local": local}),
            "remote": remote,
            "originator": "local",
            "appdata": dict(appdata or {}),
        }
        self._latest: Response | None = None
        self._sip: dict[str, Any] = {}  # the headers of the latest response

    @property
    def properties(self) -> dict[str, Any]:
        """The connection as an object: what every event of it has as its field ``connection``."""
        protocol = {"name": PROTOCOL, "version": VERSION, "sip": self._sip}
        return {**self._properties, "protocol": protocol}

    @property
    def remote_uri(self) -> str:
        """The URI of the far end: the destination, or of a number the To that was sent."""
        remote = str(self._properties["remote"])
        if _URI.match(remote):
            return remote
        return self._uri_of("to") or f"tel:{remote}"

    def _uri_of(self, header: str) -> str | None:
        """The URI in the header From or To of the latest response (RFC 3261 §20.20, §20.39)."""
        value = str(self._sip.get(header, {}).get("value", ""))
        _, bracket, rest = value.rpartition("<")
        uri = rest.partition(">")[0] if bracket else value.partition(";")[0]
        return uri.strip() if _URI.match(uri.strip()) else None

    def make_progressing(self, response: Response) -> Event:
        """``connection.progressing``: the first provisional response above 100."""
        return self._make_event("connection.progressing", self._response_info(response))

    def make_signal(self, response: Response) -> Event:
        """``connection.signal``: a further provisional response."""
        return self._make_event("connection.signal", self._response_info(response))

    def make_digit(self, event: Digit) -> Event:
        """``connection.signal`` with ``digit``: the far end has sent a digit that no
        dialog takes.
        """
        return self._make_event(
            "connection.signal", {"digit": event.digit, "how": event.how.value}
        )

    def make_connected(self, response: Response) -> Event:
        """``connection.connected``: the call was answered."""
        return self._make_event("connection.connected", self._response_info(response))

    def make_answered_by(self, progress: ProgressType) -> tuple[Event, Event]:
        """The two events for one finding of call progress analysis.

        The first is ``bvr.callprogress`` for documents of the reference platform, the
        second a ``connection.signal`` with ``callprogress``.
        """
        fields = {"connectionid": self.id, "type": progress.value, "protocol": PROTOCOL}
        event = Event("bvr.callprogress", fields, self.id)
        return event, self._make_event(
            "connection.signal", {"callprogress": progress.value}
        )

    def make_tone(self, tone: ToneType) -> Event:
        """``connection.signal`` with ``tone``: the network plays it."""
        return self._make_event("connection.signal", {"tone": tone.value})

    def make_failed(
        self, end: Ended, *, was_dropped: bool, verdict: ToneVerdict | None = None
    ) -> Event:
        """``connection.failed``: the call has ended unanswered.

        *was_dropped*: its document has ended it. *verdict* is what the tones of the network
        have said, which counts where outring has ended it for that.
        """
        if was_dropped:
            reason = "near_end_disconnect"
        elif end.origin is Origin.LOCAL_CANCEL and verdict is not None:
            reason = _TONE_REASONS[verdict]
        elif end.origin is Origin.LOCAL_CANCEL and not end.detail:
            reason = "noanswer"  # the ring limit has passed
        else:
            reason = reason_of(end.status)
        return self._make_event("connection.failed", self._end_info(end), reason=reason)

    def make_disconnected(self, end: Ended) -> Event:
        """``connection.disconnected``: the answered call has ended."""
        is_local = end.origin is Origin.LOCAL_CANCEL
        return self._make_event(
            "connection.disconnected",
            self._end_info(end),
            reason="near_end_disconnect" if is_local else "far_end_disconnect",
            trigger="local" if is_local else "remote",
        )

    def make_refused(self, refused: RefusedError) -> Event:
        """``connection.failed``: the call was refused by us, so that no INVITE was sent."""
        info = {"result": refused.result.text, "detail": refused.detail}
        return self._make_event("connection.failed", info, reason=refused.result.text)

    def make_dropped(self) -> Event:
        """``connection.failed``: the document has ended the call before its INVITE was sent."""
        info = {"status": 487, "origin": Origin.LOCAL_CANCEL.value}
        return self._make_event("connection.failed", info, reason="near_end_disconnect")

    def make_redirected(self, dest: str) -> Event:
        """``connection.redirected``: the REFER succeeded, and the far end talks to
        *dest* (RFC 3515).
        """
        return self._make_event(
            "connection.redirected", {"dest": dest}, reason="redirect"
        )

    def make_redirect_failed(self, status: int, reason: str) -> Event:
        """``connection.redirect.failed``: the far end did not reach its target (RFC 3515).

        *status* is the final SIP status of its attempt.
        """
        return self._make_event(
            "connection.redirect.failed", *_refusal_info(status, reason)
        )

    def make_merged(self, other_id: str) -> Event:
        """``connection.merged``: the far end talks to that of *other_id* directly, without us."""
        return self._make_event("connection.merged", {}, mergeid=other_id)

    def make_merge_failed(self, other_id: str, status: int, reason: str) -> Event:
        """``connection.merge.failed``: the far end did not reach that of *other_id*.

        *status* is the final SIP status of its attempt.
        """
        info, why = _refusal_info(status, reason)
        ids = {"connectionid1": self.id, "connectionid2": other_id}
        return self._make_event("connection.merge.failed", info, why, **ids)

    def make_wrong_state(self, tag: str) -> Event:
        """``error.connection.wrongstate``: the element *tag* needs an answered connection."""
        fields = {"reason": "the call is not connected any more", "tagname": tag}
        return Event(
            "error.connection.wrongstate",
            {"connectionid": self.id, "protocol": PROTOCOL, **fields},
            self.id,
        )

    def _take_latest(self, response: Response) -> None:
        """Tell of *response* from now on; the end of a call brings its answer a second time."""
        if response is self._latest:
            return
        self._latest = response
        self._sip = _sip_headers(response.printable_headers)
        if (local := self._uri_of("from")) is not None:
            self._properties["local"] = local

    def _response_info(self, response: Response) -> dict[str, Any]:
        self._take_latest(response)
        return {
            "status": response.status,
            "reason": printable(response.reason),
            "origin": Origin.REMOTE.value,
            "headers": response.printable_headers,
            "earlymedia": response.status < 200 and b"application/sdp" in response.raw,
        }

    def _end_info(self, end: Ended) -> dict[str, Any]:
        info = {} if end.response is None else self._response_info(end.response)
        return {
            **info,
            "status": end.status,
            "reason": printable(end.reason),
            "origin": end.origin.value,
            **({"detail": end.detail} if end.detail else {}),
        }

    def _make_event(
        self, name: str, info: Mapping[str, Any], reason: str | None = None, **more: Any
    ) -> Event:
        fields = {
            "connectionid": self.id,
            "protocol": PROTOCOL,
            "info": info,
            "connection": self.properties,
            **more,
        }
        if reason is not None:
            fields["reason"] = reason
        return Event(name, fields, self.id)


def connection_of_call(identity: str, call: CallSession) -> ConnectionEvents:
    """The events of the connection *identity*, whose call a request has asked for."""
    request = call.order.request
    return ConnectionEvents(
        identity,
        local=request.caller_id,
        remote=request.to,
        appdata=session_values(request),
    )


def _refusal_info(status: int, reason: str) -> tuple[dict[str, Any], str]:
    return {"status": status, "reason": printable(reason)}, reason_of(status)


_ADDED: Final = frozenset({"protocol", "to_hdr", "from_hdr"})
"""What stands among the headers of the reference platform and is none."""


def header_values(sip: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers of *sip*, which is `protocol.sip`, as texts by lower-case name."""
    return {name: header["value"] for name, header in sip.items() if name not in _ADDED}


def _sip_headers(headers: Mapping[str, str]) -> dict[str, Any]:
    """*headers* in the form of the reference platform: by lower-case name, each an
    object with ``value``.

    ``to`` and ``from`` also stand as ``to_hdr`` and ``from_hdr``. They and ``contact``
    have their parameters, such as ``tag``, beside ``value``.
    """
    view: dict[str, Any] = {"protocol": {"value": "sip", "variant": "RFC3261"}}
    for name, value in headers.items():
        key = name.lower()
        view[key] = {**_parameters(key, value), "value": value}
        if key in ("to", "from"):
            view[f"{key}_hdr"] = view[key]
    return view


def _parameters(key: str, value: str) -> dict[str, str]:
    if key not in _WITH_PARAMETERS:
        return {}
    _, _, rest = value.rpartition(">") if ">" in value else value.partition(";")
    pairs = (part.partition("=") for part in rest.split(";") if part.strip())
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
