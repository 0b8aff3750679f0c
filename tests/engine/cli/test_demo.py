"""``outring demo``: two real calls, told in thirty lines."""

import asyncio

import pytest

from tests.engine.process import COMMAND, ENVIRONMENT

pytestmark = pytest.mark.sipp

LIMIT_S = 90.0


async def demonstrate(*options: str) -> list[str]:
    """Run it in a new interpreter, since it starts others like it; what it prints."""
    process = await asyncio.create_subprocess_exec(
        *(*COMMAND, "demo", *options),
        stdout=asyncio.subprocess.PIPE,
        env=ENVIRONMENT,
    )
    async with asyncio.timeout(LIMIT_S):
        out, _ = await process.communicate()
    assert process.returncode == 0
    return out.decode().splitlines()


async def test_it_fits_on_a_screen() -> None:
    lines = await demonstrate()
    text = "\n".join(lines)

    assert len(lines) <= 30
    assert text.count("Call connected, answered") == 2
    assert "INVITE (" in text
    assert "exit: confirmed" in text
    assert ", and pressed 1." in text


async def test_in_full_it_has_requests_answers_and_everything_else() -> None:
    text = "\n".join(await demonstrate("--full"))

    assert text.count("POST /api/v1/bvr/outbound") == 2
    assert text.count('"result": "Call connected"') >= 2
    assert text.count("INVITE (") == 2
    assert "callee:" in text
    assert "asks for StartDialog" in text
