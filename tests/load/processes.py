"""Processes of a load, and what they take: CPU time and resident memory."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import psutil

STOP_S = 40.0


class Taken(msgspec.Struct, frozen=True):
    """What the processes of one name took while a load ran."""

    name: str
    cpu_s: float
    core: float  # share of one core, while calls were offered
    memory_mb: float  # at the end
    steady_s: float  # from then on memory has to be flat
    steady_mb: float | None  # at that time; None if the load was shorter
    most_mb: float


@asynccontextmanager
async def program(
    *command: str, log: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that runs meanwhile, and is told to end then; its output goes to *log*."""
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            async with asyncio.timeout(STOP_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


class Watch:
    """Looks at processes from time to time."""

    def __init__(
        self, groups: Mapping[str, list[psutil.Process]], *, steady_s: float
    ) -> None:
        """*steady_s*: when memory should have become flat, from now."""
        self._groups = groups
        self._steady_s = steady_s
        self._began = time.monotonic()
        self._first = self._cpu()
        self._offered_s, self._offered = 0.0, self._first
        self._memory: dict[str, list[tuple[float, float]]] = {
            name: [] for name in groups
        }
        self.sample()

    def sample(self) -> None:
        """Note how much memory each group has now."""
        passed_s = time.monotonic() - self._began
        for name, processes in self._groups.items():
            bytes_ = sum(process.memory_info().rss for process in processes)
            self._memory[name].append((passed_s, bytes_ / 1e6))

    def offered(self) -> None:
        """All calls have been asked for by now."""
        self._offered_s, self._offered = time.monotonic() - self._began, self._cpu()

    def taken(self) -> list[Taken]:
        """Return what each group of processes took from the beginning until now."""
        self.sample()
        last = self._cpu()
        return [
            Taken(
                name,
                cpu_s=last[name] - self._first[name],
                core=(self._offered[name] - self._first[name])
                / max(self._offered_s, 0.001),
                memory_mb=samples[-1][1],
                steady_s=self._steady_s,
                steady_mb=since(self._steady_s, samples),
                most_mb=max(mb for _, mb in samples),
            )
            for name, samples in self._memory.items()
        ]

    def _cpu(self) -> dict[str, float]:
        return {
            name: sum(map(cpu_s, processes)) for name, processes in self._groups.items()
        }


def cpu_s(process: psutil.Process) -> float:
    """CPU time of *process* so far."""
    used = process.cpu_times()
    return float(used.user + used.system)


def since(moment_s: float, samples: list[tuple[float, float]]) -> float | None:
    """Memory at *moment_s* or as soon as possible after it, of (seconds, megabytes)."""
    return next((mb for passed_s, mb in samples if passed_s >= moment_s), None)
