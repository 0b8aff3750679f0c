"""What processes take: memory at moments, and CPU time."""

import sys
from pathlib import Path

import psutil
import pytest

from tests.load.processes import Watch, program, since


@pytest.mark.parametrize(
    ("moment_s", "expected"), [(0.0, 10.0), (4.9, 20.0), (5.0, 20.0), (15.0, None)]
)
def test_memory_at_a_moment(moment_s: float, expected: float | None) -> None:
    assert since(moment_s, [(0.0, 10.0), (5.0, 20.0), (10.0, 15.0)]) == expected


async def test_what_a_process_took(tmp_path: Path) -> None:
    busy = "import sys, time\nwhile time.process_time() < 0.3: pass\nprint('done', flush=True)\ntime.sleep(60)"
    log = tmp_path / "log"
    async with program(sys.executable, "-c", busy, log=log) as process:
        watch = Watch({"busy": [psutil.Process(process.pid)]}, steady_s=0.0)
        while log.read_text() != "done\n":
            watch.sample()
        watch.offered()
        (taken,) = watch.taken()

    assert taken.name == "busy"
    assert 0.1 < taken.cpu_s < 5
    assert 0 < taken.core <= 1.1
    assert 1 < taken.memory_mb <= taken.most_mb
    assert process.returncode is not None
