"""The ring limit of a call whose far end says nothing: no CANCEL can be sent, but all is told in time."""

import socket
import sys
from pathlib import Path

import aiohttp

from tests.engine.process import KEY, configured, started, stored

HASTY = """
import engine.calls.call_session
engine.calls.call_session.HANG_UP_GUARD_S = 0.2
from engine.__main__ import main
main()
"""


async def test_silence_is_told_long_before_the_call_is_over(tmp_path: Path) -> None:
    """It is over with timer B, after 32 s (RFC 3261 §17.1.1.2)."""
    file = configured(tmp_path)
    await stored(file)
    request = {"action": "makeCall", "apiKey": KEY, "hints": {"ring_timeout": 1000}}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        request["to"] = f"sip:nobody@127.0.0.1:{silent.getsockname()[1]}"
        async with (
            started(file, [sys.executable, "-c", HASTY]) as outring,
            aiohttp.ClientSession(headers={"X-API-Key": KEY}) as http,
        ):
            url = f"{outring.url}/api/v1/bvr"
            async with http.post(f"{url}/outbound", json=request) as response:
                answer = await response.json()
            call = f"{url}/calls/{answer['applicationUUID']}"
            async with http.get(call) as response:
                view = await response.json()

    assert answer["result"] == "Call failed"
    assert answer["sip"] == {
        "status": 487,
        "reason": "Request Terminated",
        "origin": "local-cancel",
    }
    assert view["state"] != "ended"
