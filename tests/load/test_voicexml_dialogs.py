"""The benchmark of VoiceXML dialogs: every key is answered by a prompt."""

from pathlib import Path

import pytest

from tests.load.voicexml_dialogs import measure

pytestmark = pytest.mark.sipp


async def test_a_few_calls(tmp_path: Path) -> None:
    answered = await measure(tmp_path, calls=3, seconds=6.0)

    assert answered.calls == 3
    assert answered.keys >= 3
    assert answered.unanswered == 0
    assert answered.latency_ms.p50 < 1000
