"""What an INVITE looks like, through a proxy or without one. Pure."""

from collections.abc import Iterable

from msgspec.structs import replace

from engine.model.outbound_request import OutboundRequest
from engine.platform.objects import ProxyMode, RtpMode
from engine.platform.trunks import Trunk
from sip.agent import Credential, Invite, Srtp
from sip.events import LegId
from sip.extra_headers import Headers
from sip.name_addr import NameAddr
from sip.uri import SipUri, escape_subscriber

_SRTP = {
    RtpMode.SYSTEM_DEFAULT: Srtp.OFF,
    RtpMode.INSECURE_ONLY: Srtp.OFF,
    RtpMode.SECURE_ONLY: Srtp.MANDATORY,
    RtpMode.BOTH: Srtp.OPTIONAL,
}


def build_invite(
    request: OutboundRequest,
    trunk: Trunk | None,
    leg: LegId,
    *,
    ring_limit_s: float,
    default_domain: str | None,
    credentials: tuple[Credential, ...],
) -> Invite:
    """Return the INVITE of *request* through *trunk*; with None it goes through no proxy.

    *trunk* must be able to take the request, see ``check_route``. *ring_limit_s* is how
    long it may ring, in seconds, before CANCEL.
    """
    destination = request.destination
    assert destination is not None
    from_, caller_id, caller_name = _caller_of(request, trunk)
    invite = Invite(
        leg,
        target_of(destination, trunk, default_domain),
        from_=from_,
        caller_id=caller_id,
        caller_name=caller_name,
        headers=request.headers,
        ring_limit_s=ring_limit_s,
        credentials=credentials,
    )
    if trunk is None:
        return invite
    is_loose = trunk.proxy.mode is ProxyMode.LOOSE_ROUTING
    return replace(
        invite,
        headers=merge_headers(trunk.headers["INVITE"], request.headers),
        route=(trunk.address,) if is_loose else (),
        srtp=_SRTP[trunk.proxy.rtp_mode],
        cancel_headers=trunk.headers["CANCEL"],
        bye_headers=trunk.headers["BYE"],
    )


def _caller_of(
    request: OutboundRequest, trunk: Trunk | None
) -> tuple[NameAddr | None, str | None, str]:
    """From as a whole, or else its user part with a display name; neither: the configured
    caller ID.

    It is the first of these that exists: custom header of the proxy, caller ID of the
    proxy, ``headers`` of the request, ``callerId`` of the request.
    """
    if trunk is not None and trunk.from_ is not None:
        return trunk.from_, None, ""
    if trunk is not None and trunk.proxy.caller_id is not None:
        return None, trunk.proxy.caller_id, ""
    return request.from_, request.caller_id, request.caller_name


def target_of(
    destination: SipUri | str, trunk: Trunk | None, default_domain: str | None
) -> SipUri:
    """The Request-URI for *destination*, which is a SIP URI or a telephone number.

    A number without a proxy that rewrites the destination goes to *default_domain*.
    """
    host = None
    if trunk is not None and trunk.proxy.mode is ProxyMode.REWRITE_DESTINATION:
        host = replace(trunk.address, password=None)
    if isinstance(destination, SipUri):
        return replace(host, user=destination.user) if host else destination
    if host is None:
        domain = SipUri.parse(f"sip:{default_domain}")
        host = SipUri.build(None, domain.host, domain.port)
    target = replace(host, user=escape_subscriber(destination))
    # Says that the user part is a number, whose parameters the semicolons begin
    # (RFC 3261 §19.1.6).
    return target.with_parameter("user", "phone") if ";" in destination else target


def merge_headers(first: Headers, rest: Iterable[tuple[str, str]]) -> Headers:
    """*first*, then those of *rest* whose name does not occur in *first*, whatever its case."""
    if not first:
        return tuple(rest)
    names = {name.lower() for name, _ in first}
    return (
        *first,
        *((name, value) for name, value in rest if name.lower() not in names),
    )
