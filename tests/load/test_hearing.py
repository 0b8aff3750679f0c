"""The benchmark of calls that hear a file: each of them is heard to hear it."""

from pathlib import Path

import pytest

from tests.load.hearing import hear

pytestmark = pytest.mark.sipp


async def test_a_few_calls(tmp_path: Path) -> None:
    heard = await hear(tmp_path, calls=5, max_calls=200, seconds=1.0)

    assert heard.calls == 5
    assert (heard.silent, heard.lost) == (0, 0)
    assert 5 * 40 <= heard.gaps_ms.count <= 5 * 55
    assert 15 < heard.gaps_ms.p50 < 25
