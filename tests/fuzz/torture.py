"""The torture messages of RFC 4475, made anew from what it says of each, for our addresses.

``MESSAGES`` has each under its name there. A message may be sent as it is, or turned into
a response or a request of a dialog that lives.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import TypedDict, Unpack

from .descriptions import describe, encode
from .messages import FAR_END_PORT, HOST, TARGET_PORT, Message

URI = f"sip:user@{HOST}:{TARGET_PORT}"
OURS = f"{HOST}:{FAR_END_PORT}"
SDP = "application/sdp"
IDENTITY = ("via", "v", "from", "f", "to", "t", "call-id", "i", "cseq")
LIMITS = ("4294967296", "9" * 40)

Line = tuple[str, str]


class Values(TypedDict, total=False):
    """Values of headers that are not the proper ones."""

    via: str
    max_forwards: str
    from_: str
    to: str
    call_id: str
    cseq: str
    contact: str


def _via(random: Random, transport: str = "UDP", host: str = OURS) -> str:
    return f"SIP/2.0/{transport} {host};branch=z9hG4bK{random.getrandbits(40):x}"


def _request(
    random: Random,
    method: str = "OPTIONS",
    uri: str = URI,
    *,
    lines: Sequence[Line] = (),
    body: bytes = b"",
    version: str = "SIP/2.0",
    **replaced: Unpack[Values],
) -> Message:
    """A proper request with more *lines*, and with the values of *replaced*."""
    proper: Values = {
        "via": _via(random),
        "max_forwards": "70",
        "from_": f"<sip:caller@{OURS}>;tag={random.getrandbits(32):x}",
        "to": f"<{URI}>",
        "call_id": f"torture.{random.getrandbits(64):x}@{HOST}",
        "cseq": f"{random.randrange(1, 1000)} {method}",
        "contact": f"<sip:caller@{OURS}>",
    }
    values: Values = {**proper, **replaced}
    headers = [
        ("Via", values["via"]),
        ("Max-Forwards", values["max_forwards"]),
        ("From", values["from_"]),
        ("To", values["to"]),
        ("Call-ID", values["call_id"]),
        ("CSeq", values["cseq"]),
        ("Contact", values["contact"]),
        *lines,
    ]
    if body and not _says_kind(lines):
        headers.append(("Content-Type", SDP))
    return Message(f"{method} {uri} {version}", headers, body)


def _says_kind(lines: Sequence[Line]) -> bool:
    return any(name.lower() in ("content-type", "c") for name, _ in lines)


def _invite(
    random: Random,
    uri: str = URI,
    *,
    lines: Sequence[Line] = (),
    **replaced: Unpack[Values],
) -> Message:
    body = encode(describe())
    return _request(random, "INVITE", uri, lines=lines, body=body, **replaced)


def _response(random: Random, start: str, **replaced: Unpack[Values]) -> Message:
    message = _request(random, "INVITE", **replaced)
    message.start = start
    return message


# -- 3.1.1: valid messages that are hard to read -----------------------------------


def wsinv(random: Random) -> Message:
    """A short tortuous INVITE: white space, folding, compact names, escaped quotes."""
    tag = f"{random.getrandbits(32):x}"
    return Message(
        f"INVITE sip:vivekg@{HOST}:{TARGET_PORT};unknownparam SIP/2.0",
        [
            ("TO ", f"\r\n sip:vivekg@{HOST} ;   tag    = 1918181833n"),
            ("from   ", f'"J Rosenberg \\\\\\""       <sip:jdrosen@{HOST}>\r\n  ;\r\n  tag = {tag}'),
            ("MaX-fOrWaRdS", " 0068"),
            ("Call-ID", f"wsinv.{random.getrandbits(64):x}@{HOST}"),
            ("Content-Length   ", str(len(encode(describe())))),
            ("cseq", "0009\r\n  INVITE"),
            ("Via  ", f"SIP  /   2.0\r\n /UDP\r\n    {OURS};branch=390skdjuw"),
            ("s ", ""),
            ("NewFangledHeader", "  newfangled value\r\n continued newfangled value"),
            ("UnknownHeaderWithUnusualValue", ";;,,;;,;"),
            ("Content-Type", SDP),
            ("Route", "\r\n <sip:services.invalid;lr;unknownwith=value;unknown-no-value>"),
            ("v", f" SIP  / 2.0  / TCP     {HOST}   ;\r\n  branch  =   z9hG4bK9ikj8  ,\r\n SIP  /    2.0   / UDP  127.0.0.9   ; branch=\r\n z9hG4bK30239"),
            ("m", f'"Quoted string \\"\\"" <sip:jdrosen@{OURS}> ; newparam =\r\n      newvalue ;\r\n  secondparam ; q = 0.33'),
        ],
        encode(describe()),
    )  # fmt: skip


def intmeth(random: Random) -> Message:
    """Every character that may stand in a method, and unusual ones elsewhere."""
    method = "!interesting-Method0123456789_*+`.%indeed'~"
    user = "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"
    return Message(
        f"{method} sip:{user}@{HOST}:{TARGET_PORT} SIP/2.0",
        [
            ("Via", f"SIP/2.0/UDP {OURS};branch=z9hG4bK-.!%66*_+`'~{random.getrandbits(32):x}"),
            ("To", '"BEL:\\\x07 NUL:\\\x00 DEL:\\\x7f" <sip:1_unusual.URI~@127.0.0.1>'),
            ("From", f"token1~` token2'+_ token3*%!.- <sip:mundane@{HOST}>;fromParam''~+*_!.-%=\"\xd1\x80\xd0\xb0\";tag=_token~1'+`*%!-."),
            ("Call-ID", f"intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}}{{{random.getrandbits(32):x}"),
            ("CSeq", f"139122385 {method}"),
            ("Max-Forwards", "255"),
            ("extensionHeader-!.%*+_`'~", "\xef\xbb\xbf\xe5\xa4\xa7\xe5\x81\x9c\xe9\x9b\xbb"),
        ],
    )  # fmt: skip


def esc01(random: Random) -> Message:
    """Escaped characters where they may stand."""
    return _invite(
        random,
        f"sip:sips%3Auser%40example.com@{HOST}:{TARGET_PORT}",
        to=f"sip:%75se%72@{HOST}",
        from_=f"<sip:I%20have%20spaces@{HOST}>;tag=938",
        contact=f"<sip:cal%6Cer@{OURS};%6C%72;n%61me=v%61lue%25%34%31>",
    )


def escnull(random: Random) -> Message:
    """Escaped NULs in URIs."""
    return _request(
        random,
        "REGISTER",
        f"sip:{HOST}:{TARGET_PORT}",
        to=f"sip:null-%00-null@{HOST}",
        from_=f"sip:null-%00-null@{HOST};tag=839923423",
        contact=f"<sip:%00@{OURS}>",
        lines=(("Contact", f"<sip:%00%00@{OURS}>"),),
    )


def esc02(random: Random) -> Message:
    """A percent sign in a method, where it escapes nothing."""
    return _request(
        random,
        "RE%47IST%45R",
        f"sip:{HOST}:{TARGET_PORT}",
        to=f'"%Z%45" <sip:resource@{HOST}>',
        from_=f'"%Z%45" <sip:resource@{HOST}>;tag=f232jadfj23',
    )


def lwsdisp(random: Random) -> Message:
    """No white space between a display name and its angle bracket."""
    return _request(random, from_=f"caller<sip:caller@{HOST}>;tag=323")


def longreq(random: Random) -> Message:
    """Long values in every header."""
    long = "very" * 20 + "long"
    vias = [("Via", _via(random, host=f"127.0.0.{number}")) for number in range(2, 32)]
    return _invite(
        random,
        to=f'"I have a user name of {"extreme" * 10} proportion" <sip:user@{HOST}:6000;unknownparam1={long};longparam{"name" * 20}=shortvalue;{long}paramwithnovalue>',
        from_=f"sip:{'amazinglylongcallername' * 5}@{HOST};tag={'12' * 40};unknownheaderparam{'name' * 20}=unknownheaderparam{long}value",
        call_id=f"longreq.one{'really' * 20}longcallid{random.getrandbits(32):x}",
        lines=(
            (f"Unknown-{'Long' * 20}-Name", f"unknown-{'long' * 20}-value; {long}"),
            *vias,
            *[("Contact", f"<sip:{'amazinglylongcallername' * 5}@{OURS}>")] * 3,
        ),
    )  # fmt: skip


def dblreq(random: Random) -> Message:
    """A REGISTER with an INVITE behind it in the same datagram."""
    message = _request(
        random,
        "REGISTER",
        f"sip:{HOST}:{TARGET_PORT}",
        lines=(("Content-Length", "0"),),
    )
    message.body = _invite(random).encode()
    return message


def semiuri(random: Random) -> Message:
    """Parameters within the user part."""
    return _request(random, uri=f"sip:user;par=u%40example.net@{HOST}:{TARGET_PORT}")


def transports(random: Random) -> Message:
    """Several known and unknown transports in Via."""
    kinds = ("UDP", "SCTP", "TLS", "UNKNOWN", "TCP")
    vias = [
        ("Via", _via(random, kind, f"127.0.0.{n + 2}")) for n, kind in enumerate(kinds)
    ]
    return _request(random, lines=vias)


def mpart01(random: Random) -> Message:
    """A body of several parts, with the binary noise of a signature in one."""
    mark = b"7a9cbec02ceef655"
    part = b"--" + mark + b"\r\n"
    body = (
        part
        + b"Content-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\n\r\nHello\r\n"
        + part
        + b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        + random.randbytes(300)
        + b"\r\n--"
        + mark
        + b"--"
    )
    kind = f"multipart/mixed;boundary={mark.decode()}"
    return _request(random, "MESSAGE", body=body, lines=(("Content-Type", kind),))


def unreason(random: Random) -> Message:
    """A reason phrase in another alphabet."""
    return _response(
        random,
        "SIP/2.0 200 = 2**3 * 5**2 \xd0\xbd\xd0\xbe \xd1\x81\xd1\x82\xd0\xbe \xd0\xbf\xd1\x80\xd0\xbe\xd1\x81\xd1\x82\xd0\xbe\xd0\xb5",
    )


def noreason(random: Random) -> Message:
    """No reason phrase at all, but the blank before it."""
    return _response(random, "SIP/2.0 100 ")


# -- 3.1.2: invalid messages -------------------------------------------------------


def badinv01(random: Random) -> Message:
    """Separators that separate nothing, in Via and Contact."""
    return _invite(
        random,
        via=f"SIP/2.0/UDP {HOST};;,;,,",
        contact='"Joe" <sip:joe@127.0.0.9>;;;;',
    )


def clerr(random: Random) -> Message:
    """A Content-Length larger than the body."""
    return _invite(random, lines=(("Content-Length", "9999"),))


def ncl(random: Random) -> Message:
    """A negative Content-Length."""
    return _invite(random, lines=(("Content-Length", "-999"),))


def scalar02(random: Random) -> Message:
    """Numbers that are too large, in a request."""
    huge = random.choice(LIMITS)
    return _request(
        random,
        "REGISTER",
        f"sip:{HOST}:{TARGET_PORT}",
        cseq=f"{huge} REGISTER",
        max_forwards="300",
        contact=f"<sip:user@{OURS}>;expires={huge}00",
        lines=(("Expires", "1" + "0" * 80),),
    )


def scalarlg(random: Random) -> Message:
    """Numbers that are too large, in a response."""
    huge = random.choice(LIMITS)
    message = _response(
        random, "SIP/2.0 503 Service Unavailable", cseq=f"{huge} INVITE"
    )
    message.headers += [("Retry-After", "949302838503028349304023988"), ("Warning", '1812 overture "In Progress"')]  # fmt: skip
    return message


def quotbal(random: Random) -> Message:
    """A quoted string without its end."""
    return _invite(random, to=f'"Mr. J. User <sip:j.user@{HOST}>')


def ltgtruri(random: Random) -> Message:
    """Angle brackets around the Request-URI."""
    return _invite(random, f"<{URI}>")


def lwsruri(random: Random) -> Message:
    """White space within the Request-URI."""
    return _invite(random, f"sip:user@{HOST}:{TARGET_PORT}; lr")


def lwsstart(random: Random) -> Message:
    """Two blanks between the words of the start line."""
    message = _invite(random)
    message.start = f"INVITE  {URI}  SIP/2.0"
    return message


def trws(random: Random) -> Message:
    """White space at the end of the start line."""
    message = _request(random)
    message.start += "  "
    return message


def escruri(random: Random) -> Message:
    """Headers in the Request-URI."""
    return _invite(random, f"{URI}?Route=%3Csip:{HOST}%3E")


def baddate(random: Random) -> Message:
    """A Date in another zone than GMT."""
    return _invite(random, lines=(("Date", "Fri, 01 Jan 2010 16:00:00 EST"),))


def regbadct(random: Random) -> Message:
    """A Contact with headers, without angle brackets."""
    return _request(
        random,
        "REGISTER",
        f"sip:{HOST}:{TARGET_PORT}",
        contact=f"sip:user@{OURS}?Route=%3Csip:sip.invalid%3E",
    )


def badaspec(random: Random) -> Message:
    """Blanks within the URI of To."""
    return _request(random, to=f'"Watson, Thomas" < sip:t.watson@{HOST} >')


def baddn(random: Random) -> Message:
    """A display name that has to be quoted and is not."""
    return _request(random, from_=f"Bell, Alexander <sip:a.g.bell@{HOST}>;tag=43")


def badvers(random: Random) -> Message:
    """An unknown version of the protocol."""
    return _request(random, version="SIP/7.0", via=_via(random).replace("2.0", "7.0"))


def mismatch01(random: Random) -> Message:
    """Another method in CSeq than in the start line."""
    return _request(random, cseq="8 INVITE")


def mismatch02(random: Random) -> Message:
    """The same with an unknown method in the start line."""
    return _request(random, "NEWMETHOD", cseq="8 INVITE", body=encode(describe()))


def bigcode(random: Random) -> Message:
    """A status that is too large."""
    return _response(random, "SIP/2.0 4294967301 better not break the receiver")


# -- 3.2 and 3.3: transactions and applications ------------------------------------


def badbranch(random: Random) -> Message:
    """A branch that is nothing but the magic cookie."""
    return _request(random, via=f"SIP/2.0/UDP {OURS};branch=z9hG4bK")


def insuf(random: Random) -> Message:
    """Without Call-ID, From and To."""
    message = _invite(random)
    message.headers = [
        item for item in message.headers if item[0] not in ("Call-ID", "From", "To")
    ]
    return message


def unkscm(random: Random) -> Message:
    """An unknown scheme in the Request-URI."""
    return _request(random, uri="nobodyKnowsThisScheme:totallyopaquecontent")


def novelsc(random: Random) -> Message:
    """A scheme that is known, and not of SIP."""
    return _request(random, uri="soap.beep://192.0.2.103:3002")


def unksm2(random: Random) -> Message:
    """Unknown schemes in To, From and Contact."""
    return _request(
        random,
        "REGISTER",
        f"sip:{HOST}:{TARGET_PORT}",
        to="isbn:2983792873",
        from_=f"<http://www.name.invalid>;tag={random.getrandbits(32):x}",
        contact="<name:John_Smith>",
    )


def bext01(random: Random) -> Message:
    """Extensions that nobody knows, required."""
    return _request(
        random,
        lines=(
            ("Require", "nothingSupportsThis, nothingSupportsThisEither"),
            ("Proxy-Require", "noProxiesSupportThis, norDoAnyProxiesSupportThis"),
        ),
    )


def invut(random: Random) -> Message:
    """A body of an unknown type."""
    return _invite(random, lines=(("Content-Type", "application/unknownformat"),))


def regaut01(random: Random) -> Message:
    """Credentials of an unknown scheme."""
    return _request(
        random,
        "REGISTER",
        f"sip:{HOST}:{TARGET_PORT}",
        lines=(("Authorization", "NoOneKnowsThisScheme opaque-data=here"),),
    )


def multi01(random: Random) -> Message:
    """Headers twice that may stand once, with other values."""
    first, second = _invite(random), _invite(random)
    return Message(first.start, first.headers + second.headers, first.body)


def mcl01(random: Random) -> Message:
    """Two values of Content-Length."""
    return _request(
        random, body=b"There's no way to know", lines=(("Content-Length", "13"), ("Content-Length", "5"))
    )  # fmt: skip


def bcast(random: Random) -> Message:
    """A response whose Via names a broadcast address."""
    return _response(random, "SIP/2.0 200 OK", via=_via(random, host="127.255.255.255"))


def zeromf(random: Random) -> Message:
    """No forwards left."""
    return _request(random, max_forwards="0")


def cparam01(random: Random) -> Message:
    """A parameter of Contact that nobody knows."""
    return _request(
        random, "REGISTER", f"sip:{HOST}:{TARGET_PORT}", contact=f"sip:+19725552222@{OURS};unknownparam"
    )  # fmt: skip


def cparam02(random: Random) -> Message:
    """A parameter of the URI of Contact that nobody knows."""
    return _request(
        random, "REGISTER", f"sip:{HOST}:{TARGET_PORT}", contact=f"<sip:+19725552222@{OURS};unknownparam>"
    )  # fmt: skip


def regescrt(random: Random) -> Message:
    """Escaped headers in the URI of Contact."""
    return _request(
        random, "REGISTER", f"sip:{HOST}:{TARGET_PORT}", contact=f"<sip:user@{OURS}?Route=%3Csip:{HOST}%3E>"
    )  # fmt: skip


def sdp01(random: Random) -> Message:
    """Accept that does not allow the usual body."""
    return _invite(random, lines=(("Accept", "text/nobodyKnowsThis"),))


def inv2543(random: Random) -> Message:
    """A caller of RFC 2543: no branch, no tag, no Max-Forwards."""
    message = _invite(
        random, via=f"SIP/2.0/UDP {OURS}", from_=f"<sip:caller@{HOST}>", max_forwards="70"
    )  # fmt: skip
    message.headers = [item for item in message.headers if item[0] != "Max-Forwards"]
    return message


Maker = Callable[[Random], Message]
_MAKERS: tuple[Maker, ...] = (
    *(wsinv, intmeth, esc01, escnull, esc02, lwsdisp, longreq, dblreq, semiuri),
    *(
        transports,
        mpart01,
        unreason,
        noreason,
        badinv01,
        clerr,
        ncl,
        scalar02,
        scalarlg,
    ),
    *(quotbal, ltgtruri, lwsruri, lwsstart, trws, escruri, baddate, regbadct, badaspec),
    *(
        baddn,
        badvers,
        mismatch01,
        mismatch02,
        bigcode,
        badbranch,
        insuf,
        unkscm,
        novelsc,
    ),
    *(
        unksm2,
        bext01,
        invut,
        regaut01,
        multi01,
        mcl01,
        bcast,
        zeromf,
        cparam01,
        cparam02,
    ),
    *(regescrt, sdp01, inv2543),
)
MESSAGES: dict[str, Maker] = {maker.__name__: maker for maker in _MAKERS}
"""Each message by the name that RFC 4475 gives it."""


def to_response(message: Message, proper: Message) -> Message:
    """*message* as a response to the same request as *proper*, which is a response."""
    start = message.start if message.start.startswith("SIP/") else proper.start
    return Message(start, _identity(proper) + _rest(message), message.body)


def to_request_within(message: Message, proper: Message) -> Message:
    """*message* as a request of the same dialog as *proper*, which is one."""
    if message.start.startswith("SIP/"):
        return to_response(message, proper)
    target = proper.start.split(" ")[1]
    method, _, rest = message.start.partition(" ")
    odd = rest if "user" not in rest else f"{target} SIP/2.0"
    cseq = proper.get("CSeq").partition(" ")[0]
    within = Message(
        f"{method} {odd}", _identity(proper) + _rest(message), message.body
    )
    within.put("CSeq", f"{cseq} {method}")
    return within


def _identity(message: Message) -> list[Line]:
    return [item for item in message.headers if item[0].lower() in IDENTITY]


def _rest(message: Message) -> list[Line]:
    return [item for item in message.headers if item[0].strip().lower() not in IDENTITY]
