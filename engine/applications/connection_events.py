"""What a document is told of its connections. Pure: calls in, CCXML events out."""

from collections.abc import Mapping
from typing import Any

from ccxml.events import Event
from engine.calls.call_session import CallSession
from engine.model.outbound_request import OutboundRequest
from engine.model.result import RefusedError
from sip.call_progress import ProgressType
from sip.events import Digit, Ended, Origin
from sip.message import Response, text, texts

PROTOCOL = "SIP"  # as the reference platform calls it

_REASONS = {
    **dict.fromkeys((486, 600), "busy"),
    **dict.fromkeys((408, 480), "noanswer"),
    **dict.fromkeys((403, 603), "rejected"),
    **dict.fromkeys((404, 484, 604), "noroute"),
}
_WITH_PARAMETERS = frozenset({"to", "from", "contact"})


def reason_of(status: int) -> str:
    """The ``reason`` of ``connection.failed`` for the SIP *status* of a call."""
    return _REASONS.get(status, f"sip:{status}")


def session_values(request: OutboundRequest) -> dict[str, str]:
    """The application data of *request* and the address that it names.

    Data that is one text is called ``value``; ``to`` is always the address.
    """
    data = request.app_data
    values = {"value": data} if isinstance(data, str) else dict(data or {})
    return {**values, "to": request.to} if request.to else values


class ConnectionEvents:
    """One call as its document sees it."""

    def __init__(
        self,
        identity: str,
        *,
        local: str | None,
        remote: str,
        appdata: Mapping[str, Any] | None = None,
    ) -> None:
        self.id = identity
        self._properties: dict[str, Any] = {
            "connectionid": identity,
            "local": local,
            "remote": remote,
            "originator": "local",
            "appdata": dict(appdata or {}),
        }
        self._sip: dict[str, Any] = {}  # the latest response

    @property
    def properties(self) -> dict[str, Any]:
        """What every event of it shows as ``connection``."""
        protocol = {"name": PROTOCOL, "version": 0, "sip": self._sip}
        return {**self._properties, "protocol": protocol}

    def progressing(self, response: Response) -> Event:
        """The first provisional response above 100 has come."""
        return self._make_event("progressing", self._response_info(response))

    def signal(self, response: Response) -> Event:
        """A further one has come."""
        return self._make_event("signal", self._response_info(response))

    def digit(self, event: Digit) -> Event:
        """The far end has sent a digit, and no dialog takes it."""
        return self._make_event(
            "signal", {"digit": event.digit, "how": event.how.value}
        )

    def connected(self, response: Response) -> Event:
        """The call is answered."""
        return self._make_event("connected", self._response_info(response))

    def answered_by(self, progress: ProgressType) -> tuple[Event, Event]:
        """Call progress detection has *progress* something: once for the reference platform's
        documents, once in the words of CCXML."""
        fields = {"connectionid": self.id, "type": progress.value, "protocol": PROTOCOL}
        event = Event("bvr.callprogress", fields, self.id)
        return event, self._make_event("signal", {"callprogress": progress.value})

    def failed(self, end: Ended, *, was_dropped: bool) -> Event:
        """The call was not answered; *was_dropped*: its document has ended it."""
        if was_dropped:
            reason = "near_end_disconnect"
        elif end.origin is Origin.LOCAL_CANCEL and not end.detail:
            reason = "noanswer"  # the ring limit has passed
        else:
            reason = reason_of(end.status)
        return self._make_event("failed", self._end_info(end), reason=reason)

    def disconnected(self, end: Ended) -> Event:
        """The answered call is over."""
        is_local = end.origin is Origin.LOCAL_CANCEL
        return self._make_event(
            "disconnected",
            self._end_info(end),
            reason="near_end_disconnect" if is_local else "far_end_disconnect",
            trigger="local" if is_local else "remote",
        )

    def refused(self, refused: RefusedError) -> Event:
        """The call was not even placed."""
        info = {"result": refused.result.text, "detail": refused.detail}
        return self._make_event("failed", info, reason=refused.result.text)

    def dropped(self) -> Event:
        """The document has ended the call before it was placed."""
        info = {"status": 487, "origin": Origin.LOCAL_CANCEL.value}
        return self._make_event("failed", info, reason="near_end_disconnect")

    def redirected(self, dest: str) -> Event:
        """The far end has called *dest*."""
        return self._make_event("redirected", {"dest": dest}, reason="redirect")

    def redirect_failed(self, status: int, reason: str) -> Event:
        """The far end has not called whom it was sent to."""
        return self._make_event("redirect.failed", *_refusal_info(status, reason))

    def merged(self, other_id: str) -> Event:
        """The far end talks to that of *other_id*, without us."""
        return self._make_event("merged", {}, mergeid=other_id)

    def merge_failed(self, other_id: str, status: int, reason: str) -> Event:
        """The far end has not called that of *other_id*."""
        info, why = _refusal_info(status, reason)
        ids = {"connectionid1": self.id, "connectionid2": other_id}
        return self._make_event("merge.failed", info, why, **ids)

    def wrong_state(self, tag: str) -> Event:
        """The call is not in a state in which *tag* could be done."""
        fields = {"reason": "the call is not connected any more", "tagname": tag}
        return Event(
            "error.connection.wrongstate",
            {"connectionid": self.id, "protocol": PROTOCOL, **fields},
            self.id,
        )

    def _response_info(self, response: Response) -> dict[str, Any]:
        headers = texts(response.headers)
        self._sip = _sip_headers(headers)
        return {
            "status": response.status,
            "reason": text(response.reason),
            "origin": Origin.REMOTE.value,
            "headers": headers,
            "earlymedia": response.status < 200 and b"application/sdp" in response.raw,
        }

    def _end_info(self, end: Ended) -> dict[str, Any]:
        info = {} if end.response is None else self._response_info(end.response)
        return {
            **info,
            "status": end.status,
            "reason": text(end.reason),
            "origin": end.origin.value,
            **({"detail": end.detail} if end.detail else {}),
        }

    def _make_event(
        self, what: str, info: Mapping[str, Any], reason: str | None = None, **more: Any
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
        return Event(f"connection.{what}", fields, self.id)


def connection_of_call(identity: str, call: CallSession) -> ConnectionEvents:
    """The connection *identity* of a call that a request has asked for."""
    request = call.request
    return ConnectionEvents(
        identity,
        local=request.caller_id,
        remote=request.to,
        appdata=session_values(request),
    )


def _refusal_info(status: int, reason: str) -> tuple[dict[str, Any], str]:
    return {"status": status, "reason": text(reason)}, reason_of(status)


def _sip_headers(headers: Mapping[str, str]) -> dict[str, Any]:
    """Headers as the reference platform shows them: by lower-case name, with ``value``.

    ``to`` and ``from`` are there as ``to_hdr`` and ``from_hdr`` too, and have
    their parameters, as ``tag``, beside their value.
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
