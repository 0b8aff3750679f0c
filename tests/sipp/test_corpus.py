"""Scenarios of other projects, run as they are: what they imply must be what we say.

They lie beside the repository, in ``../shared/sipp-corpus`` (or ``SIPP_CORPUS``).
"""

import asyncio
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Dialer, SippFactory, View

ROOT = Path(__file__).parents[2]
CORPUS = Path(os.environ.get("SIPP_CORPUS", ROOT.parent / "shared/sipp-corpus"))

pytestmark = [
    pytest.mark.sipp,
    pytest.mark.timeout(180),
    pytest.mark.skipif(
        not CORPUS.is_dir(), reason=f"no corpus of SIPp scenarios at {CORPUS}"
    ),
]


@dataclass(frozen=True)
class Implied:
    """What a scenario of the corpus means for its caller."""

    path: str
    result: str
    status: int
    origin: str = "remote"
    fields: dict[str, Any] = field(default_factory=dict)
    hang_up: bool = False  # the scenario leaves that to us
    is_deaf: bool = False  # it ends before our BYE, which nobody answers
    is_silent: bool = False  # it never ends the transaction of our INVITE
    options: tuple[str, ...] = ()  # of SIPp; REMOTE stands for our address


REMOTE = "<address of the dialer>"
RING_1_S = {"hints": {"ring_timeout": 1000}}
IMPLIED = [
    Implied(
        "pjsip+pjproject/tests/pjsua/scripts-sipp/uas-early-bye.xml",
        "Call failed",
        487,
        "local-cancel",
        is_silent=True,  # no final response follows its BYE
    ),
    Implied(
        "drachtio+drachtio-server/test/scenarios/uas-183-180-200.xml",
        "Call connected",
        200,
        hang_up=True,
    ),
    Implied(
        "drachtio+drachtio-server/test/scenarios/uas-fail-480.xml",
        "Call failed",
        480,
        fields={"headers": {"X-Custom": "custom header value"}},
    ),
    Implied(
        "drachtio+drachtio-server/test/scenarios/uas-slow-response.xml",
        "Call connected",
        200,
        hang_up=True,
        is_deaf=True,
    ),
    Implied(
        "drachtio+drachtio-server/test/scenarios/uas-cancel.xml",
        "Call failed",
        487,
        "local-cancel",
        RING_1_S,
    ),
    Implied("drachtio+drachtio-srf/test/scenarios/uas-302.xml", "Call failed", 302),
    Implied(
        "drachtio+drachtio-srf/test/scenarios/uas-auth.xml",
        "Call connected",
        200,
        hang_up=True,
    ),
    Implied("jambonz+sbc-outbound/test/scenarios/uas-503.xml", "Call failed", 503),
    Implied(
        "signalwire+freeswitch/src/mod/endpoints/mod_sofia/test/sipp-scenarios/uas_407.xml",
        "Call connected",
        200,
        hang_up=True,
        is_deaf=True,
    ),
    Implied(
        "sipwise+kamailio-config-tests/scenarios/invite_callforward_cfr/"
        "sipp_scenario_responder00.xml",
        "Call failed",
        500,
    ),
    Implied(
        "asterisk+testsuite/tests/channels/pjsip/basic_calls/outgoing/off-nominal/"
        "bob_does_not_answer/sipp/receive.xml",
        "Call failed",
        487,
        "local-cancel",
        RING_1_S,
    ),
    Implied(
        "asterisk+testsuite/tests/channels/pjsip/rel100/outgoing/peer_supported_used/sipp/"
        "check_100rel.xml",
        "Call connected",
        200,
        # It would retransmit its 200 to our PRACK for ever, and it calls us by address.
        options=("-nr", REMOTE),
    ),
    Implied("lundgrel+sipp-scenarios/sipp_uas_183q850_500.xml", "Call failed", 500),
]


LONG = [implied for implied in IMPLIED if implied.is_deaf or implied.is_silent]
SHORT = [implied for implied in IMPLIED if implied not in LONG]


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize("implied", SHORT, ids=lambda implied: Path(implied.path).stem)
async def test_scenario_of_another_project(
    dialer: Dialer, sipp: SippFactory, implied: Implied
) -> None:
    await _play(dialer, sipp, implied)


@pytest.mark.usefixtures("credentials")
async def test_scenarios_of_other_projects_that_leave_the_end_to_our_timers(
    dialer: Dialer, sipp: SippFactory
) -> None:
    """Half a minute each (RFC 3261 §9.1, §17.1.2.2), all at once: no fault of ours."""
    views = await asyncio.gather(*(_play(dialer, sipp, implied) for implied in LONG))

    assert [view["forced"] for view in views] == [False] * len(LONG)


async def _play(dialer: Dialer, sipp: SippFactory, implied: Implied) -> View:
    port = dialer.process.agent.ports["udp", False]
    options = [
        f"127.0.0.1:{port}" if option == REMOTE else option
        for option in implied.options
    ]
    async with sipp(file=CORPUS / implied.path, options=options) as callee:
        _, body = await dialer.call(callee.uri, **implied.fields)
        if implied.is_deaf:
            await callee.finished()
        if implied.hang_up or implied.is_deaf:
            await dialer.hang_up(body)
        view = await dialer.ended(body, limit_s=45)
    outcome = body["result"], body["sip"]["status"], body["sip"]["origin"]
    assert outcome == (implied.result, implied.status, implied.origin)
    assert not view["answeredAfterCancel"]
    return view


def test_every_scenario_of_the_corpus_is_run() -> None:
    found = {str(path.relative_to(CORPUS)) for path in CORPUS.rglob("*.xml")}

    assert found == {implied.path for implied in IMPLIED}
