"""What is shown of a record."""

import pytest

from engine.model.call_record import NODE_LOST, CallRecord
from engine.model.stream_record import StreamRecord
from engine.records.record_view import record_view


@pytest.mark.parametrize(
    ("reason", "talk_ms"), [("far_end_disconnect", 3000.0), (NODE_LOST, None)]
)
def test_nobody_knows_how_long_a_call_was_whose_node_was_lost(
    reason: str, talk_ms: float | None
) -> None:
    record = CallRecord(id="1", received=1.0, node="n", answered=2.0, ended=5.0)
    record.termination_reason = reason
    view = record_view(record)

    assert (view.get("talkMs"), view.get("duration")) == (talk_ms, talk_ms)


def test_the_stream_of_a_call_is_shown_without_what_is_not_known() -> None:
    stream = StreamRecord("bots.example", connected_at=2.0, clears=3, ended_by="closed")
    view = record_view(CallRecord(id="1", received=1.0, node="n", stream=stream))

    assert view["stream"]["connectedAt"] == "1970-01-01T00:00:02.000000+00:00"
    assert (view["stream"]["clears"], view["stream"]["endedBy"]) == (3, "closed")
    assert not {"firstAudioAt", "reason"} & view["stream"].keys()
