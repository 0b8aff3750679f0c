"""SIPp scenarios as a few words of Python: what a callee does, step by step.

    scenario(invite(), reply(180), answer(), ack(), hang_up())

``scenario`` gives the XML for ``sipp -sf``. A callee keeps Via, From, To, CSeq and
Contact of the INVITE in variables, since SIPp's ``[last_…]`` are those of the
CANCEL or PRACK that came in between.
"""

from xml.sax.saxutils import quoteattr

SDP = """\
v=0
o=callee 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0 101
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
"""
CONTACT = "Contact: <sip:callee@[local_ip]:[local_port];transport=[transport]>"

PHRASES = {
    100: "Trying",
    180: "Ringing",
    181: "Call Is Being Forwarded",
    183: "Session Progress",
    200: "OK",
    202: "Accepted",
    302: "Moved Temporarily",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    410: "Gone",
    480: "Temporarily Unavailable",
    484: "Address Incomplete",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    500: "Server Internal Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Server Time-out",
    600: "Busy Everywhere",
    603: "Decline",
    604: "Does Not Exist Anywhere",
    606: "Not Acceptable",
}

_KEPT = {"via": "Via", "caller": "From", "callee": "To", "cseq": "CSeq"}


def scenario(*steps: str) -> str:
    """The XML of a callee that does *steps* in order."""
    text = "\n".join(steps)
    names = [*_KEPT, "uri", "checked", "credentials"]
    used = ",".join(name for name in names if f'assign_to="{name}"' in text)
    return "\n".join(
        [
            '<?xml version="1.0" encoding="ISO-8859-1"?>',
            '<scenario name="callee">',
            text,
            *([f'<Reference variables="{used}"/>'] if used else []),
            "</scenario>",
        ]
    )


def invite(*actions: str) -> str:
    """An INVITE comes."""
    kept = [
        f'<ereg regexp=".*" search_in="hdr" header="{header}:" assign_to="{name}"/>'
        for name, header in _KEPT.items()
    ]
    uri = (
        '<ereg regexp="sips*:[^>]*" search_in="hdr" header="Contact:" assign_to="uri"/>'
    )
    return _recv('request="INVITE"', *kept, uri, *actions)


def has_header(name: str, pattern: str) -> str:
    """For ``invite``: the callee fails unless this header matches."""
    return (
        f'<ereg regexp={quoteattr(pattern)} search_in="hdr" header="{name}:" '
        'check_it="true" assign_to="checked"/>'
    )


def has_text(pattern: str) -> str:
    """For ``invite``: the callee fails unless the message matches."""
    return f'<ereg regexp={quoteattr(pattern)} search_in="msg" check_it="true" assign_to="checked"/>'


def has_credentials(username: str, password: str) -> str:
    """For ``invite``: the callee fails unless the digest is right."""
    return (
        f'<verifyauth assign_to="credentials" username="{username}" password="{password}"/>'
        '<test assign_to="credentials" variable="credentials" compare="equal" value="1"/>'
    )


def reply(
    status: int,
    *headers: str,
    tag: str = "1",
    sdp: bool = False,
    contact: str = CONTACT,
) -> str:
    """Answer the INVITE."""
    to = "To:[$callee]" if status == 100 else f"To:[$callee];tag=[call_number]-{tag}"
    lines = [
        f"SIP/2.0 {status} {PHRASES[status]}",
        "Via:[$via]",
        "From:[$caller]",
        to,
        "Call-ID: [call_id]",
        "CSeq:[$cseq]",
        *([contact] if contact else []),
        *headers,
    ]
    return _send(lines, SDP if sdp else "", retrans=status >= 200)


def answer(*headers: str, tag: str = "1", contact: str = CONTACT) -> str:
    """200 with SDP."""
    return reply(200, *headers, tag=tag, sdp=True, contact=contact)


def encrypted_answer(tag: int, key: str) -> str:
    """200 with SDP for SRTP, taking the offer's line *tag* (RFC 4568)."""
    crypto = f"a=crypto:{tag} AES_CM_128_HMAC_SHA1_80 inline:{key}\n"
    plain, end, rest = answer().partition("a=rtpmap:0")
    return plain.replace("RTP/AVP", "RTP/SAVP") + crypto + end + rest


def ack() -> str:
    """The ACK comes."""
    return _recv('request="ACK"')


def cancel(*actions: str) -> str:
    """A CANCEL comes and is taken."""
    return _recv('request="CANCEL"', *actions) + _accept()


def prack() -> str:
    """A PRACK comes and is taken."""
    return _recv('request="PRACK"') + _accept()


def bye(*actions: str) -> str:
    """A BYE comes and is taken."""
    return _recv('request="BYE"', *actions) + _accept()


def info(*actions: str) -> str:
    """An INFO comes and is taken."""
    return _recv('request="INFO"', *actions) + _accept()


def send_info(
    body: str, *, cseq: int, response: int = 200, kind: str = "dtmf-relay"
) -> str:
    """Send INFO with application/dtmf-relay, or another *kind*; its response comes."""
    lines = _request("INFO", cseq)
    sent = _send(lines, body, retrans=True, kind=f"application/{kind}")
    return sent + f'<recv response="{response}"/>'


def options(
    *actions: str, status: int | None = 200, headers: tuple[str, ...] = ()
) -> str:
    """An OPTIONS comes and is answered, or not at all."""
    received = _recv('request="OPTIONS"', *actions)
    return received if status is None else received + _accept(status, *headers)


def refer(*actions: str, status: int | None = 202) -> str:
    """A REFER comes and is answered, or not at all."""
    received = _recv('request="REFER"', *actions)
    return received if status is None else received + _accept(status)


def notify(
    status: int,
    *,
    cseq: int,
    over: bool = True,
    expires_s: int = 60,
    response: int = 200,
) -> str:
    """Say in a NOTIFY how a transfer goes; its response comes."""
    state = "terminated;reason=noresource" if over else f"active;expires={expires_s}"
    lines = [
        *_request("NOTIFY", cseq),
        CONTACT,
        "Event: refer",
        f"Subscription-State: {state}",
    ]
    fragment = f"SIP/2.0 {status} {PHRASES[status]}\n"
    sent = _send(lines, fragment, retrans=True, kind="message/sipfrag;version=2.0")
    return sent + f'<recv response="{response}"/>'


def renegotiate(sdp: str, *, cseq: int) -> str:
    """Send INVITE in the dialog, to hold or to resume; it is answered."""
    sent = _send([*_request("INVITE", cseq), CONTACT], sdp, retrans=True)
    answered = '<recv response="100" optional="true"/><recv response="200"/>'
    return sent + answered + _send(_request("ACK", cseq), "", retrans=False)


def hang_up(*headers: str, tag: str = "1", cseq: int = 1) -> str:
    """Send BYE; its 200 comes."""
    lines = [*_request("BYE", cseq, tag), *headers]
    return _send(lines, "", retrans=True) + '<recv response="200"/>'


def pause(milliseconds: int) -> str:
    """Do nothing for a while."""
    return f'<pause milliseconds="{milliseconds}"/>'


def _request(method: str, cseq: int, tag: str = "1") -> list[str]:
    """A request of the callee in its dialog, up to the headers that are its own."""
    return [
        f"{method} [$uri] SIP/2.0",
        "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]",
        f"From:[$callee];tag=[call_number]-{tag}",
        "To:[$caller]",
        "Call-ID: [call_id]",
        f"CSeq: {cseq} {method}",
        "Max-Forwards: 70",
    ]


def _accept(status: int = 200, *headers: str) -> str:
    lines = [
        f"SIP/2.0 {status} {PHRASES[status]}",
        "[last_Via:]",
        "[last_From:]",
        "[last_To:]",
        "[last_Call-ID:]",
        "[last_CSeq:]",
        *headers,
    ]
    return _send(lines, "", retrans=False)


def _recv(what: str, *actions: str) -> str:
    if not actions:
        return f"<recv {what}/>"
    return f"<recv {what}><action>{''.join(actions)}</action></recv>"


def _send(
    lines: list[str], body: str, *, retrans: bool, kind: str = "application/sdp"
) -> str:
    content = [f"Content-Type: {kind}"] if body else []
    text = "\n".join([*lines, *content, "Content-Length: [len]", "", body])
    timer = ' retrans="500"' if retrans else ""
    return f"<send{timer}><![CDATA[\n{text}\n]]></send>"
