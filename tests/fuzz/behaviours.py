"""What callees do with a call: each reaches other states of the target, and mutates there."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from random import Random

from . import torture
from .call import OUTSIDE, Call
from .descriptions import describe, describe_oddly, encode
from .messages import FAR_END_PORT, HOST, MEDIA_PORT, TARGET_URI, Message
from .mutations import (
    CHALLENGES,
    METHODS,
    NUMBERS,
    REPLACES,
    STATUSES,
    URIS,
    add_soup,
    mutate,
    odd_body,
)
from .packets import rtcp_packet, rtp_packet

Behaviour = Callable[[Call, Sequence[Call]], Awaitable[None]]
"""*others* are the calls that are known, for what refers to them."""

PROPER = encode(describe())
EARLY = (100, 180, 181, 182, 183, 199)
TALK_S = 1.5


# -- steps -------------------------------------------------------------------------


async def answer(call: Call, body: bytes = PROPER) -> None:
    """Ring, answer and wait for the ACK."""
    if call.random.random() < 0.8:
        call.say(call.response(180))
        await call.pause(0.1)
    for attempt in range(3):
        ok = call.response(200, body=body)
        if attempt == 2:
            call.send(ok.encode())
        else:
            call.say(ok)
        if await call.wait("ACK", "CANCEL", "BYE", limit_s=0.5):
            return


async def leave(call: Call) -> None:
    """Hang up, or let the target do it."""
    await call.pause(TALK_S)
    if call.random.random() < 0.6 and not call.over.is_set():
        call.say(call.request("BYE"))
        await call.wait("BYE", limit_s=0.5)
        call.send(call.request("BYE").encode())
        await call.wait("BYE", limit_s=1)


def refuse(call: Call) -> None:
    """Refuse the INVITE with any status."""
    call.say(call.response(call.random.choice([s for s in STATUSES if s >= 300])))


# -- behaviours --------------------------------------------------------------------


async def be_proper(call: Call, others: Sequence[Call]) -> None:
    """A healthy callee: rings, answers, and hangs up a moment later."""
    call.send(call.response(180).encode())
    call.send(call.response(200, body=PROPER).encode())
    await call.wait("ACK", limit_s=5)
    await asyncio.sleep(0.5)
    call.send(call.request("BYE").encode())
    await call.wait("BYE", limit_s=5)


async def be_third_party(call: Call, others: Sequence[Call]) -> None:
    """Whom a REFER, a redirection or a stray request leads to."""
    if call.random.random() < 0.5:
        call.send(call.response(486).encode())
    else:
        await answer(call)
        await leave(call)


async def send_responses(call: Call, others: Sequence[Call]) -> None:
    """Responses of any status, early, late, twice, out of order, of forks, mutated."""
    call.noise = 0.4
    random = call.random
    for _ in range(random.randrange(1, 7)):
        status = random.choice((*EARLY, *EARLY, *STATUSES))
        tag = random.choice(("", "", "", "fork1", "fork2", "x" * 300))
        body = describe_oddly(random) if random.random() < 0.2 else b""
        response = call.response(status, body=body, tag=tag)
        if status in (401, 407) or random.random() < 0.1:
            name = "WWW-Authenticate" if status == 401 else "Proxy-Authenticate"
            for _ in range(random.choice((1, 1, 2, 20))):
                response.headers.append((name, random.choice(CHALLENGES)))
        if 300 <= status < 400:
            for _ in range(random.choice((1, 2, 30))):
                response.headers.append(("Contact", f"<{random.choice(URIS)}>"))
        if status in (422, 500, 503, 491) or status < 200:
            response = add_soup(response, random)
        for _ in range(random.choice((1, 1, 2))):
            call.say(response)
        await call.pause(0.15)
    if random.random() < 0.6:
        await answer(call)
        for _ in range(random.randrange(4)):
            late = random.choice(STATUSES)
            call.say(call.response(late, body=random.choice((b"", PROPER)), tag=random.choice(("", "late"))))  # fmt: skip
            await call.pause(0.1)
        await leave(call)
    else:
        call.send(call.response(random.choice((486, 503, 603, 404, 302))).encode())
        await call.wait("ACK", limit_s=1)


async def challenge(call: Call, others: Sequence[Call]) -> None:
    """Challenge after challenge, then an answer to whatever INVITE came last."""
    call.noise = 0.15
    random = call.random
    for _ in range(random.randrange(1, 5)):
        status = random.choice((401, 407, 407, 422, 494))
        response = call.response(status)
        name = "WWW-Authenticate" if status in (401, 494) else "Proxy-Authenticate"
        for text in random.sample(CHALLENGES, random.choice((1, 1, 2, 5))):
            response.headers.append((name, text))
        if status == 422:
            response.headers.append(("Min-SE", random.choice(NUMBERS)))
        call.say(response)
        if random.random() < 0.3:
            call.say(response)
        if not await call.wait("INVITE", limit_s=0.4):
            break
    await answer(call)
    await leave(call)


async def describe_sessions(call: Call, others: Sequence[Call]) -> None:
    """Odd descriptions in responses, re-INVITEs and UPDATEs, alone or in many parts."""
    random = call.random

    def odd(message: Message) -> Message:
        body, kind = odd_body(random)
        message.body = body if random.random() < 0.4 else describe_oddly(random)
        message.put("Content-Type", kind if message.body is body else "application/sdp")
        return message

    if random.random() < 0.4:
        call.say(odd(call.response(183)))
        await call.pause(0.1)
    if random.random() < 0.5:
        call.say(odd(call.response(200)))
        if await call.wait("BYE", "CANCEL", limit_s=0.5):
            return
    else:
        await answer(call)
    for _ in range(random.randrange(1, 6)):
        offer = call.request(random.choice(("INVITE", "INVITE", "UPDATE")))
        call.say(odd(offer))
        if await call.wait("200 INVITE", limit_s=0.3) and random.random() < 0.9:
            ack = call.ack_for(offer)
            call.say(odd(ack) if random.random() < 0.3 else ack)
    await leave(call)


async def send_requests(call: Call, others: Sequence[Call]) -> None:
    """Requests of all methods within the dialog, before and after the answer."""
    random = call.random
    call.noise = random.choice((0.0, 0.3, 0.6))
    if random.random() < 0.3:
        call.say(call.response(180))
        for _ in range(random.randrange(3)):
            call.say(request_of_any_kind(call, others))
            await call.pause(0.05)
    await answer(call)
    for _ in range(random.randrange(1, 12)):
        request = request_of_any_kind(call, others)
        call.say(request)
        if random.random() < 0.1:
            call.say(request)
        if request.method == "INVITE" and await call.wait("200 INVITE", limit_s=0.2):
            call.say(call.ack_for(request))
        await call.pause(0.1)
    await leave(call)


def request_of_any_kind(call: Call, others: Sequence[Call]) -> Message:
    """A request within the dialog with the headers and body that belong to its method."""
    random = call.random
    method = random.choice(METHODS)
    uri = random.choice(URIS)
    lines = {
        "REFER": [("Refer-To", f"<{uri}>"), ("Referred-By", "<sip:x@name.invalid>")],
        "NOTIFY": [("Event", random.choice(("refer", "presence", "", "refer;id=2"))), ("Subscription-State", random.choice(("active", "terminated")))],
        "SUBSCRIBE": [("Event", random.choice(("presence", "dialog", "", "refer"))), ("Expires", random.choice(NUMBERS))],
        "PUBLISH": [("Event", "presence"), ("Expires", random.choice(NUMBERS))],
        "PRACK": [("RAck", f"{random.choice(NUMBERS)} 1 INVITE")],
        "REGISTER": [("Expires", random.choice(NUMBERS))],
        "INVITE": [("Session-Expires", random.choice(NUMBERS)), ("Replaces", replaces(random, others))] if random.random() < 0.4 else [],
    }.get(method, [])  # fmt: skip
    body, kind = odd_body(random) if random.random() < 0.6 else (b"", "")
    request = call.request(method, *lines, body=body)
    if body:
        request.put("Content-Type", kind)
    return add_soup(request, random) if random.random() < 0.3 else request


async def refer(call: Call, others: Sequence[Call]) -> None:
    """REFER in any state of the call: to a third party, to other dialogs, to nobody."""
    random = call.random
    call.noise = random.choice((0.0, 0.0, 0.3))
    is_early = random.random() < 0.3
    if is_early:
        call.say(call.response(183, body=PROPER))
        call.say(refer_request(call, others))
        await call.pause(0.2)
    await answer(call)
    for _ in range(random.choice((1, 1, 2, 4))):
        call.say(refer_request(call, others))
        await call.pause(0.4)
    await leave(call)


def refer_request(call: Call, others: Sequence[Call]) -> Message:
    """A REFER, most often to a third party that will really be there."""
    random = call.random
    third = f"sip:third.{random.randrange(10**6)}@{HOST}:{FAR_END_PORT}"
    escaped = replaces(random, others).replace(";", "%3B").replace("=", "%3D")
    target = random.choice(
        (
            *(third, third, third, f"{third};method=INVITE", f"{third};method=BYE"),
            *(
                f"{third}?Replaces={escaped}",
                f"{third}?Replaces={escaped}&Require=replaces",
            ),
            *(f"{third};transport=tcp", f"{third}?Subject=x&Via=y&CSeq=1", TARGET_URI),
            *URIS,
        )
    )
    value = random.choice((f"<{target}>", f"<{target}>", target, f'"x" <{target}>;x=y'))
    request = call.request("REFER", ("Refer-To", value))
    if random.random() < 0.1:
        request.headers = [item for item in request.headers if item[0] != "Refer-To"]
    return add_soup(request, random) if random.random() < 0.2 else request


def replaces(random: Random, others: Sequence[Call]) -> str:
    """A Replaces value, most often one that names a dialog which lives."""
    if not others or random.random() < 0.1:
        return random.choice(REPLACES)
    other = random.choice(others)
    tags = [("to-tag", other.their_tag), ("from-tag", other.tag)]
    if random.random() < 0.2:
        tags = [("to-tag", other.tag), ("from-tag", other.their_tag)]
    parts = [other.call_id, *(f"{name}={tag}" for name, tag in tags)]
    if random.random() < 0.2:
        parts.append("early-only")
    return ";".join(parts)


async def replace(call: Call, others: Sequence[Call]) -> None:
    """While this call is up, strangers' INVITEs want to replace it and others (RFC 3891)."""
    random = call.random
    await answer(call)
    for _ in range(random.choice((1, 1, 2, 3))):
        living = [other for other in others if not other.over.is_set()]
        invite = strange_invite(call, replaces(random, [call, call, *living]))
        call.send(mutate(invite, random) if random.random() < 0.3 else invite.encode())
        response = await call.wait_outside("INVITE", limit_s=0.4)
        if response is not None and response.status == 200:
            await _leave_replaced(call, invite, response)
    await leave(call)


async def _leave_replaced(call: Call, invite: Message, response: Message) -> None:
    """ACK the 2xx that a stranger's INVITE got, and end its dialog."""
    for number, method in enumerate(("ACK", "OPTIONS", "BYE")):
        request = invite.copy()
        request.start = invite.start.replace("INVITE", method, 1)
        request.body = b""
        request.put("To", response.get("To"))
        request.put("CSeq", f"{number or 1} {method}")
        request.put("Via", f"{invite.get('Via')}{number}")
        call.send(request.encode())
        await call.pause(0.5)


def strange_invite(call: Call, value: str) -> Message:
    """An INVITE outside any dialog, with a Replaces header, on behalf of *call*."""
    random = call.random
    branch = f"z9hG4bK{random.getrandbits(48):x}"
    return Message(
        f"INVITE {TARGET_URI} SIP/2.0",
        [
            ("Via", f"SIP/2.0/UDP {HOST}:{FAR_END_PORT};rport;branch={branch}"),
            ("From", f"<sip:carol@name.invalid>;tag={random.getrandbits(32):x}"),
            ("To", f"<{TARGET_URI}>"),
            ("Call-ID", f"{OUTSIDE}{call.episode}.{random.getrandbits(48):x}"),
            ("CSeq", "1 INVITE"),
            ("Max-Forwards", "70"),
            ("Contact", f"<sip:carol@{HOST}:{FAR_END_PORT}>"),
            *([("Require", "replaces")] if random.random() < 0.7 else []),
            ("Replaces", value),
            ("Content-Type", "application/sdp"),
        ],
        PROPER,
    )


async def wear_soup(call: Call, others: Sequence[Call]) -> None:
    """A proper call in which every message carries headers that say odd things."""
    random = call.random
    call.send(add_soup(call.response(180), random).encode())
    await call.pause(0.2)
    call.send(add_soup(call.response(200, body=PROPER), random).encode())
    if not await call.wait("ACK", limit_s=0.5):
        await answer(call)
    for method in ("OPTIONS", "INFO", "UPDATE"):
        call.send(add_soup(call.request(method), random).encode())
        await call.pause(0.1)
    call.send(add_soup(call.request("BYE"), random).encode())
    await call.wait("BYE", limit_s=0.5)
    await leave(call)


async def send_torture(call: Call, others: Sequence[Call]) -> None:
    """RFC 4475's messages as responses to the INVITE, and as requests of the dialog."""
    random = call.random
    for name in random.sample(sorted(torture.MESSAGES), 4):
        status = random.choice((100, 180, 183, 200, 503))
        body = PROPER if status in (183, 200) else b""
        proper = call.response(status, body=body)
        odd = torture.MESSAGES[name](random)
        call.send(torture.to_response(odd, proper).encode())
        await call.pause(0.05)
    await answer(call)
    for name in random.sample(sorted(torture.MESSAGES), 6):
        odd = torture.MESSAGES[name](random)
        call.send(torture.to_request_within(odd, call.request("OPTIONS")).encode())
        await call.pause(0.05)
    await leave(call)


async def send_media(call: Call, others: Sequence[Call]) -> None:
    """Garbage as RTP and RTCP, with real packets and digits between it."""
    random = call.random
    early = random.random() < 0.3
    if early:
        call.say(call.response(183, body=PROPER))
    else:
        await answer(call)
    for number in range(random.randrange(20, 200)):
        if call.over.is_set():
            break
        call.send_media(rtp_packet(random, number))
        if random.random() < 0.2:
            call.send_media(rtcp_packet(random), is_rtcp=random.random() < 0.8)
        await asyncio.sleep(0.01)
    if early:
        await answer(call)
    if random.random() < 0.4:
        change = encode(describe(port=random.choice((0, 9, MEDIA_PORT)), version=2))
        reinvite = call.request(
            "INVITE", ("Content-Type", "application/sdp"), body=change
        )
        call.send(reinvite.encode())
        if await call.wait("200 INVITE", limit_s=1):
            call.send(call.ack_for(reinvite).encode())
        for number in range(20):
            call.send_media(rtp_packet(random, number))
    await leave(call)


BEHAVIOURS: dict[str, Behaviour] = {
    "control": be_proper,
    "responses": send_responses,
    "challenges": challenge,
    "descriptions": describe_sessions,
    "requests": send_requests,
    "refer": refer,
    "replaces": replace,
    "soup": wear_soup,
    "torture": send_torture,
    "media": send_media,
}
"""By the kind that stands in the user of the URI that the target calls."""


def behaviour_of(episode: str) -> Behaviour:
    """What the callee of *episode* does."""
    return BEHAVIOURS.get(episode.partition(".")[0], be_third_party)
