"""Calls beside a name server that never answers; a program, to be run in a network of its own.

    unshare -n -m python -m tests.sipp.silent_name_server FOLDER

Far ends put names wherever an address may stand. Between them another call is placed,
answered and ended each time; it must not wait. Prints the names that somebody asked for.
"""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sip import start_agent
from sip.agent import AgentConfig, Invite, ListeningPoint
from sip.events import AgentEvent, Ended, LegId
from sip.pjsip.user_agent import PjsuaAgent
from sip.uri import SipUri
from tests.sipp.far_end import SDP, Call, FarEnd, open_far_end, write_message

SERVER = "127.0.0.9"
LIMIT_S = 4.0  # the system's resolver would wait for 10
RESOLVER_LIMIT_S = 3.0  # our own, for the call that does wait
KIND = "Content-Type: application/sdp"
ICE = "Content-Type: application/trickle-ice-sdpfrag"


def named(name: str, text: str = SDP) -> str:
    """*text* with a name for its address."""
    return text.replace("c=IN IP4 127.0.0.1", f"c=IN IP4 {name}.example")


@contextmanager
def silent_name_server(folder: Path) -> Iterator[list[str]]:
    """The system's name server; what it is asked for, once this is over."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    (folder / "resolv.conf").write_text(f"nameserver {SERVER}\n")
    mount = ["mount", "--bind", str(folder / "resolv.conf"), "/etc/resolv.conf"]
    subprocess.run(mount, check=True)
    names: list[str] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((SERVER, 53))
        server.setblocking(False)
        yield names
        try:
            while True:
                names.append(_name_in(server.recv(512)))
        except BlockingIOError:
            pass


def _name_in(query: bytes) -> str:
    """The name of a question (RFC 1035 section 4.1.2)."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode())
        at += 1 + query[at]
    return ".".join(labels)


class Calls:
    """The user agent, and its calls that have ended."""

    def __init__(self) -> None:
        self.agent: PjsuaAgent | None = None
        self.ended: set[LegId] = set()

    def take(self, events: list[AgentEvent]) -> None:
        """The sink."""
        self.ended |= {event.leg for event in events if isinstance(event, Ended)}

    async def invite(self, end: FarEnd, leg: str) -> Call:
        """Call *end*."""
        assert self.agent is not None
        await self.agent.invite(Invite(LegId(leg), SipUri.parse(end.uri)))
        return await end.invited()

    async def over(self, leg: str) -> None:
        """Wait for the end of *leg*."""
        async with asyncio.timeout(LIMIT_S):
            while leg not in self.ended:
                await asyncio.sleep(0.005)

    async def other(self, number: int) -> None:
        """A call of somebody else, from its INVITE to its end."""
        async with asyncio.timeout(LIMIT_S), open_far_end() as end:
            call = await self.invite(end, f"other-{number}")
            await end.answer(call)
            assert (await end.ask(call, "BYE")).status == 200
            await self.over(f"other-{number}")


async def answers(calls: Calls) -> None:
    """Names in responses to an INVITE."""
    bodies = [
        named("session"),
        f"{SDP}c=IN IP4 media.example\r\n",
        f"{SDP}a=rtcp:39999 IN IP4 rtcp.example\r\n",
        named("ip6").replace("IP4", "IP6"),
    ]
    for number, body in enumerate(bodies):
        async with open_far_end() as end:
            leg = f"answer-{number}"
            call = await calls.invite(end, leg)
            end.respond(call.invite, 183, body=body)
            end.respond(call.invite, 200, body=named(f"answer-{number}", body))
            await calls.other(number)
            end.respond(await end.request("BYE"), 200)
            await calls.over(leg)


async def passed_over(calls: Calls) -> None:
    """Names where they do not matter: the answer is as good as any."""
    candidate = "a=candidate:1 1 UDP 1 candidate.example 5 typ host\r\n"
    origin = SDP.replace("7 7 IN IP4 127.0.0.1", "7 7 IN IP4 origin.example")
    async with open_far_end() as end:
        call = await calls.invite(end, "passed over")
        body = f"{origin}{candidate}a=remote-candidates:1 remote.example 5\r\n"
        end.respond(call.invite, 200, body=body)
        await end.request("ACK")
        await calls.other(9)
        assert (await end.ask(call, "BYE")).status == 200
        await calls.over("passed over")


async def requests(calls: Calls) -> None:
    """Names in requests of the far end."""
    async with open_far_end() as end:
        call = await calls.invite(end, "requests")
        await end.answer(call)
        for number, method in enumerate(("INVITE", "UPDATE", "PRACK", "INFO")):
            kind = ICE if method == "INFO" else KIND
            body = f"{named(method.lower())}a=candidate:1 1 UDP 1 info.example 5 typ host\r\n"
            await end.ask(call, method, kind, body=body)
            await calls.other(10 + number)
        common = [*call.headers(), "Max-Forwards: 70", end.contact()]
        line = f"{call.target} SIP/2.0"
        raw = write_message(f"INVITE {line}", [end.via(), *common, "CSeq: 9 INVITE"])
        await end.response_to(raw, call.invite.source)
        ack = [end.via(), *common, "CSeq: 9 ACK", KIND]
        end.send(write_message(f"ACK {line}", ack, named("ack")), call.invite.source)
        await calls.other(20)
        end.respond(await end.request("BYE"), 200)
        await calls.over("requests")


async def headers(calls: Calls) -> None:
    """Names in Via, where a response goes, and in Contact and Record-Route, where an ACK
    goes: that one has to wait until we know, and nobody else."""
    async with open_far_end() as end, open_far_end() as waiting:
        via = "SIP/2.0/UDP via.example:5099;maddr=maddr.example;branch=z9hG4bK-via"
        call = await calls.invite(waiting, "waiting")
        end.send(end.outside("OPTIONS", Via=via), call.invite.source)
        await calls.other(30)
        raw = "SIP/2.0 200 OK\r\n" + "\r\n".join(
            [
                *(
                    f"{name}: {call.invite[name]}"
                    for name in ("Via", "From", "Call-ID")
                ),
                f"To: {call.invite['To']};tag=far",
                f"CSeq: {call.invite['CSeq']}",
                "Record-Route: <sip:route.example;lr>",
                "Contact: <sip:far@contact.example>",
                f"{KIND}\r\nContent-Length: {len(SDP)}\r\n\r\n{SDP}",
            ]
        )
        waiting.send(raw.encode(), call.invite.source)
        for number in range(5):
            await calls.other(31 + number)
        assert "waiting" not in calls.ended
        assert (await waiting.ask(call, "BYE")).status == 200
        await calls.over("waiting")


async def main(folder: Path) -> None:
    """All of it."""
    calls = Calls()
    with silent_name_server(folder) as names:
        config = AgentConfig(
            listeners=(ListeningPoint("udp", "127.0.0.1", 0),),
            resolver_timeout_s=RESOLVER_LIMIT_S,
        )
        calls.agent = await start_agent(config, lambda events: calls.take([*events]))
        try:
            await answers(calls)
            await passed_over(calls)
            await requests(calls)
            await headers(calls)
        finally:
            await calls.agent.aclose()
    print(*sorted(set(names)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
