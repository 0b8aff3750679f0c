"""What is shown of a record."""

import pytest

from engine.model.call_record import NODE_LOST, CallRecord
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
