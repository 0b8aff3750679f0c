"""PJSIP numbers its calls, and uses a number again: what has ended must not touch the next one."""

import asyncio
import socket
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sip.leg_tracker import TIMER_B_S
from tests.conftest import SippFactory
from tests.engine.process import KEY, SETTINGS, Outring, configured, started, stored
from tests.sipp.scenario import ack, answer, bye, hang_up, invite

pytestmark = pytest.mark.sipp

LIMIT_S = 50.0
HELD = 4
MAX_CALLS = HELD + 1  # and the lost one
NUMBERS = MAX_CALLS + 16  # as Stack asks for them
LATE_S = 6.0  # from PJSIP's end of a call to ours
PATIENT = f"""
import sip.leg_tracker
sip.leg_tracker.HANG_UP_LIMIT_S = sip.leg_tracker.TIMER_B_S + {LATE_S}
sip.leg_tracker.TIMER_B_S *= 2
from engine.__main__ import main
main()
"""


class Asked:
    """A process of its own, asked over HTTP."""

    def __init__(self, outring: Outring, http: aiohttp.ClientSession) -> None:
        self._outring, self._http = outring, http

    async def call(self, to: str, **more: object) -> dict[str, Any]:
        """Ask for a call; the answer."""
        request = {"action": "makeCall", "to": to, "apiKey": KEY, **more}
        url = f"{self._outring.url}/api/v1/bvr/outbound"
        async with self._http.post(url, json=request) as response:
            body: dict[str, Any] = await response.json()
            return body

    async def look_up(self, answer: dict[str, Any], method: str = "GET") -> Any:
        """What is known of a call."""
        url = f"{self._outring.url}/api/v1/bvr/calls/{answer['applicationUUID']}"
        headers = {"X-API-Key": KEY}
        async with self._http.request(method, url, headers=headers) as response:
            return await response.json()

    async def live(self) -> dict[str, Any]:
        """Wait for a call that lives."""
        url = f"{self._outring.url}/api/v1/bvr/calls"
        async with asyncio.timeout(LIMIT_S):
            while True:
                headers = {"X-API-Key": KEY}
                async with self._http.get(url, headers=headers) as response:
                    for call in (await response.json())["calls"]:
                        found: dict[str, Any] = call
                        return found
                await asyncio.sleep(0.02)

    async def only(self, count: int) -> None:
        """Wait until no more than *count* calls have a slot, which goes after their record."""
        url = f"{self._outring.url}/api/v2/bvr/status"
        async with asyncio.timeout(LIMIT_S):
            while True:
                async with self._http.get(url) as response:
                    status = await response.json()
                (account,) = status["accounts"]
                if account["activeCallCount"] <= count:
                    return
                await asyncio.sleep(0.005)

    async def ended(self, answer: dict[str, Any]) -> Any:
        """Wait for the end of a call; what is known of it then."""
        async with asyncio.timeout(LIMIT_S):
            while (view := await self.look_up(answer))["state"] != "ended":
                await asyncio.sleep(0.02)
        return view


async def test_late_end_of_a_call_leaves_the_next_one_of_its_number_alone(
    tmp_path: Path, sipp: SippFactory
) -> None:
    """CANCEL has to wait for a response; timer B ends the call."""
    settings = SETTINGS.replace("[sip]", f"[sip]\nmax_calls = {MAX_CALLS}")
    file = configured(tmp_path, settings)
    await stored(file)
    command = [sys.executable, "-c", PATIENT]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        async with (
            started(file, command) as outring,
            aiohttp.ClientSession() as http,
            sipp(invite(), answer(), ack(), hang_up(), calls=NUMBERS - 2) as short,
            sipp(invite(), answer(), ack(), bye(), calls=HELD) as long,
        ):
            asked = Asked(outring, http)
            to = f"sip:nobody@127.0.0.1:{silent.getsockname()[1]}"
            asking = asyncio.create_task(asked.call(to))
            lost = await asked.live()
            await asked.look_up(lost, "DELETE")
            await asyncio.sleep(
                TIMER_B_S + 0.5
            )  # none of ours: there is nothing to see
            for _ in range(NUMBERS - 2):
                answered = await asked.call(short.uri)
                assert answered["result"] == "Call connected"
                await asked.ended(answered)
                await asked.only(1)
            held = [await asked.call(long.uri) for _ in range(HELD)]
            assert {call["result"] for call in held} == {"Call connected"}
            await asked.ended(lost)
            await asking

            for call in held:
                view = await asked.look_up(call)
                assert view["state"] == "connected"
                assert "bye" not in view["times"]
            for call in held:
                await asked.look_up(call, "DELETE")
            ends = [await asked.ended(call) for call in held]
            assert not any(end["forced"] for end in ends)
