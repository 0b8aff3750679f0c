"""The log as people read it on a terminal."""

import time
from collections.abc import Iterator

import pytest

from engine.config.console_log import shape_for_console

LINE = {
    "timestamp": "2026-12-01T23:30:46.942066Z",
    "level": "info",
    "event": "call_ended",
    "applicationUUID": "f3f155cd-1c82-4bb4-b070-9a3e02ee31fa",
    "callId": "764e92af-e1b0-4d0c-8f1a-0a3e02ee31fb",
    "node": "vm",
    "talk_ms": 500,
    "proxy": None,
    "status": 200,
    "to": "sip:+49****78@127.0.0.1",
}


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The time zone of this process is that of Berlin."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


def test_time_is_local(berlin: None) -> None:
    assert shape_for_console(LINE)["timestamp"] == "2026-12-02 00:30:46.942"


def test_what_matters_comes_first_and_only_what_commands_take_is_whole() -> None:
    shaped = shape_for_console(LINE)

    fields = [name for name in shaped if name not in ("timestamp", "level", "event")]
    assert fields == ["to", "status", "talk_ms", "node", "callId", "applicationUUID"]
    assert shaped["callId"] == "764e92af"
    assert shaped["applicationUUID"] == LINE["applicationUUID"]
