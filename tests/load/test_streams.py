"""The load of audio streams: its calls hear and are heard."""

from pathlib import Path

import pytest

from tests.load.streams import PROBES, Plan, read_counts, stream

METRICS = """
# TYPE outring_streams_total counter
outring_streams_total{end="hangup"} 2.0
outring_streams_total{end="closed"} 3.0
outring_stream_frames_total{frames="late"} 1.2345678e+07
"""


def test_counts_are_read_whatever_their_size() -> None:
    assert read_counts(METRICS) == (5, {"late": 12_345_678})


@pytest.mark.sipp
async def test_a_few_calls(tmp_path: Path) -> None:
    seen: list[int] = []
    plan = Plan(calls=5, seconds=2.0, max_calls=200)

    streamed = await stream(
        tmp_path, plan, lambda _, streams: seen.append(streams.streams)
    )

    assert seen == [5 + PROBES] * 2
    assert streamed.frames["dropped"] == 0
    assert streamed.frames["from_server"] > 0.5 * streamed.frames["to_server"]
    assert streamed.echoed_packets > 5 * 2 * 40
    assert streamed.echo_ms.count > 0
