"""The commands of README and start page, run in order, as written, by somebody who has only the page."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.docs.walkthrough import NOT_POSSIBLE
from tests.documented import ROOT

pytestmark = [pytest.mark.sipp, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.mark.parametrize(
    "arguments",
    [("README.md",), ("docs/start.md", "## 6. A softphone")],
    ids=["README", "start"],
)
async def test_the_commands_of_a_page(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.docs.walkthrough", *arguments),
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    if process.returncode == NOT_POSSIBLE:
        pytest.skip("this system allows no network of the test's own")

    assert process.returncode == 0, out.decode()
