"""A call without an engine around it, for tests of its rules."""

from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock, Mock

from engine.admission.admission import Admission, Candidate
from engine.admission.instant import Instant
from engine.admission.outbound_order import OutboundOrder
from engine.calls.call_conclusion import HangUpRequest
from engine.calls.call_session import CallLimits, CallSession, NodeFacts
from engine.model.disposition import EndRequester
from engine.model.outbound_request import Fields, request_of
from engine.platform.objects import Account, Application, Objects, Proxy
from engine.platform.snapshot import PlatformSnapshot
from engine.platform.trunks import Trunk
from sip.agent import UserAgent
from sip.audio_stream import AudioStream
from sip.events import Answered, Ended, LegId, Origin, Progress, Times
from sip.message import Response

RINGING = Response(180, b"SIP/2.0 180 Ringing\r\n\r\n")
OK = Response(200, b"SIP/2.0 200 OK\r\nServer: far end\r\n\r\n")
BUSY = Response(486, b"SIP/2.0 486 Busy Here\r\nReason: Q.850;cause=17\r\n\r\n")

APPLICATION = Application(id="hello", account="acme")
PLATFORM = PlatformSnapshot(
    Objects(account=(Account(id="acme"),), application=(APPLICATION,))
)
HANG_UP = HangUpRequest(EndRequester.CLIENT)
RECEIVED = Instant(100.0, 1_700_000_000.0)
LIMITS = CallLimits(ring_s=20.0, max_duration_s=600.0)

STREAM = AudioStream(
    *("bots.example", 443, "/out"),
    is_tls=True,
    addresses=("192.0.2.1",),
    account_sid="AC",
    call_sid="CA",
)


def make_order(application: Application | None = None, **fields: Any) -> OutboundOrder:
    """A request of 100 s with *fields* beside those that it needs."""
    body: Fields = {"action": "makeCall", "to": "sip:anna@callee.example", **fields}
    return OutboundOrder(
        "uuid",
        request_of(body, as_text=False),
        application or APPLICATION,
        PLATFORM,
        RECEIVED,
        fields=body,
    )


def make_candidate(failover: tuple[str, ...] | None = None, **fields: Any) -> Candidate:
    """The call of a request; *failover*: that of its proxy group, None: no group."""
    group: Any = None if failover is None else SimpleNamespace(failover=failover)
    return Candidate(make_order(**fields), "call", "lease", group, admitted=101.0)


def make_agent() -> Mock:
    """A user agent that takes everything."""
    agent = Mock(spec=UserAgent)
    agent.invite = AsyncMock()
    agent.ladder.return_value = ""
    agent.is_silent.return_value = True
    return agent


def make_session(
    candidate: Candidate, agent: Mock, admission: Mock | None = None
) -> CallSession:
    """The call of *candidate*; it must be made on a loop."""
    return CallSession(
        candidate,
        LIMITS,
        node=NodeFacts("node"),
        agent=agent,
        admission=admission or Mock(spec=Admission),
    )


def make_trunk(name: str = "p", **fields: Any) -> Trunk:
    """A proxy with *fields* beside those that it needs."""
    values = {"id": name, "address": f"sip:{name}.example", **fields}
    return Trunk.of(Proxy.model_validate(values), {})


async def dial(
    agent: Mock,
    candidate: Candidate | None = None,
    trunk: Trunk | None = None,
    admission: Mock | None = None,
) -> CallSession:
    """A call whose INVITE was sent."""
    session = make_session(candidate or make_candidate(), agent, admission)
    await session.send(session.prepare(trunk))
    return session


def make_ringing(leg: LegId) -> Progress:
    """A 180 at 103 s."""
    return Progress(leg, RINGING, Times(invite=102.0, ringing=103.0))


def make_answered(leg: LegId) -> Answered:
    """A 200 at 105 s."""
    times = Times(invite=102.0, ringing=103.0, answered=105.0, ack=105.0)
    return Answered(leg, OK, times)


def make_ended(leg: LegId, response: Response = OK, **more: Any) -> Ended:
    """The far end hangs up at 110 s, or declines with *response*."""
    times = Times(invite=102.0, ended=110.0)
    if response is OK:
        times.answered = times.ack = 105.0
    values = {"origin": Origin.REMOTE, "response": response, "times": times, **more}
    return Ended(leg, response.status, response.reason, **values)
