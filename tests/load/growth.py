"""What a process holds while time passes, and the CPU that it takes meanwhile."""

import asyncio
import time
from collections.abc import AsyncIterator

import msgspec
import psutil

from tests.load.processes import cpu_s


class Sample(msgspec.Struct, frozen=True):
    """A process at one time."""

    passed_s: float  # since the first sample
    core: float  # share of a core, since the first sample
    rss_mb: float
    uss_mb: float  # what no other process has now: it falls where a library is shared
    anonymous_mb: float  # what no file backs: heap and stacks
    descriptors: int
    threads: int


async def samples(
    process: psutil.Process, seconds: float, every_s: float
) -> AsyncIterator[Sample]:
    """Look at *process* now, each *every_s*, and after *seconds*."""
    began, before = time.monotonic(), cpu_s(process)
    yield _sample(process, 0.0, 0.0)
    passed_s = 0.0
    while passed_s < seconds:
        # This is what is measured.
        await asyncio.sleep(min(every_s, seconds - passed_s))
        passed_s = time.monotonic() - began
        yield _sample(process, passed_s, (cpu_s(process) - before) / passed_s)


def _sample(process: psutil.Process, passed_s: float, core: float) -> Sample:
    memory = process.memory_full_info()
    return Sample(
        passed_s,
        core,
        rss_mb=memory.rss / 1e6,
        uss_mb=memory.uss / 1e6,
        anonymous_mb=(memory.rss - memory.shared) / 1e6,
        descriptors=process.num_fds(),
        threads=process.num_threads(),
    )


def describe_growth(first: Sample, last: Sample) -> str:
    """Say what a process holds more than at first; of its memory, what no file backs."""
    return (
        f"{last.anonymous_mb - first.anonymous_mb:+.1f} MB, "
        f"{last.descriptors - first.descriptors:+d} descriptors, "
        f"{last.threads - first.threads:+d} threads "
        f"in {last.passed_s - first.passed_s:.0f} s"
    )
