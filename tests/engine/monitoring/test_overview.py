"""What the page shows of records and objects."""

from engine.model.call_record import CallRecord
from engine.monitoring.overview import call_view


def test_of_whom_was_called_not_all_is_shown() -> None:
    record = CallRecord(
        id="1", received=10.0, node="n", to="sip:+4930123456@example.com"
    )

    assert call_view(record).to == "sip:+49****56@example.com"


def test_a_call_is_as_long_as_it_was_answered() -> None:
    record = CallRecord(id="1", received=10.0, node="n", answered=12.0, ended=15.5)
    unanswered = CallRecord(id="1", received=10.0, node="n", ended=15.5)

    assert (call_view(record).duration, call_view(record).at) == (3500, 15.5)
    assert call_view(unanswered).duration is None
    assert (
        call_view(CallRecord(id="1", received=10.0, node="n", answered=12.0)).at == 12.0
    )
