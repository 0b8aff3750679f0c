"""The process as a whole: what it does about crashes that nobody waits for."""

import asyncio
import gc

from structlog.testing import capture_logs

from engine.app.process import _on_unseen


async def test_a_task_that_nobody_waits_for_is_not_silent() -> None:
    async def crash() -> None:
        raise RuntimeError("unseen")

    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    loop.set_exception_handler(_on_unseen)
    try:
        with capture_logs() as lines:
            task = asyncio.create_task(crash())
            await asyncio.wait([task])
            del task
            gc.collect()
            loop.call_soon(lambda: 1 // 0)
            await asyncio.sleep(0)
    finally:
        loop.set_exception_handler(before)

    assert [line["event"] for line in lines] == ["crashed_unseen"] * 2
    assert [str(line["exc_info"]) for line in lines] == [
        "unseen",
        "integer division or modulo by zero",
    ]
