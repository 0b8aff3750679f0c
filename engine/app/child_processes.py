"""Child processes: kept running beside this one, and none left behind when it ends."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import structlog

from engine.tasks.background import Background
from engine.tasks.background_tasks import wait_first

PAUSE_S = 3.0  # before the first restart: so long the node's name outlives it in Redis
LONGEST_PAUSE_S = 30.0
STEADY_S = 60.0  # a child that ran for so long begins with the first pause again
HANG_UP_S = 25.0  # for a child to hang up its calls and to write their records

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Child:
    """A process to run.

    It has to end by itself, as at SIGTERM, when its standard input ends: so it ends with
    this process even if this one is killed.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]


def own_command() -> list[str]:
    """Return the command by which this process was started, without its arguments."""
    before = len(sys.orig_argv) - len(sys.argv[1:])
    return [sys.executable, *sys.orig_argv[1:before]]


def pause_s(before_s: float | None, lived_s: float) -> float:
    """How long to wait before a child that lived for *lived_s* is started again.

    Twice *before_s*, the pause before this time, up to ``LONGEST_PAUSE_S``. ``PAUSE_S``
    the first time, and after a life of ``STEADY_S``. All in seconds.
    """
    if before_s is None or lived_s >= STEADY_S:
        return PAUSE_S
    return min(2 * before_s, LONGEST_PAUSE_S)


class Supervisor:
    """Runs children, and starts one again that ends by itself."""

    def __init__(self, children: Sequence[Child], background: Background) -> None:
        """Use ``supervise``."""
        self._stopping = asyncio.Event()
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._tasks = [
            background.start("nodes", partial(self._keep, child), may_return=True)
            for child in children
        ]

    async def drain(self, at_once: asyncio.Event, limit_s: float) -> None:
        """Let every child drain, and wait until all have ended.

        SIGTERM makes them drain. After *limit_s* seconds, or once *at_once* is set, they
        hang up what is left.
        """
        self._stopping.set()
        self._terminate()
        await wait_first([self._wait_ended(), at_once.wait()], limit_s + HANG_UP_S)
        if at_once.is_set():
            self._terminate()
            await wait_first([self._wait_ended()], HANG_UP_S)

    async def aclose(self) -> None:
        """Kill the children that are left."""
        self._stopping.set()
        for name, process in self._running.items():
            log.error("node_killed", name=name)
            process.kill()
        await asyncio.gather(*self._tasks)

    async def _wait_ended(self) -> None:
        for task in self._tasks:
            await asyncio.wait([task])

    def _terminate(self) -> None:
        for process in self._running.values():
            process.terminate()

    async def _keep(self, child: Child) -> None:
        loop = asyncio.get_running_loop()
        pause: float | None = None
        while not self._stopping.is_set():
            began = loop.time()
            status = await self._run(child)
            if self._stopping.is_set():
                return
            pause = pause_s(pause, loop.time() - began)
            log.error("node_ended", name=child.name, status=status, again_in_s=pause)
            await wait_first([self._stopping.wait()], pause)

    async def _run(self, child: Child) -> int | str:
        """Run *child* to its end; return its exit status, or why it could not start."""
        try:
            process = await asyncio.create_subprocess_exec(
                *child.command,
                env=child.environment,
                stdin=asyncio.subprocess.PIPE,  # ends with this process, however it ends
                start_new_session=True,  # so that Ctrl-C reaches this process alone
            )
        except OSError as error:
            return str(error)
        self._running[child.name] = process
        if self._stopping.is_set():  # it began while the child was being started
            process.terminate()
        try:
            return await process.wait()
        finally:
            del self._running[child.name]


@asynccontextmanager
async def supervise(
    children: Sequence[Child], background: Background
) -> AsyncIterator[Supervisor]:
    """Keep *children* running; on leaving, those that have not ended are killed."""
    supervisor = Supervisor(children, background)
    try:
        yield supervisor
    finally:
        await supervisor.aclose()
