"""What clients order on a call with a stream: which far end is called instead, and when."""

from unittest.mock import Mock

import pytest

from engine.applications.stream_control import StreamControl
from engine.calls.call_session import CallSession
from engine.calls.live_calls import LiveCalls
from engine.dialogs.streams.stream_link import StreamLink
from engine.model.disposition import EndRequester
from engine.model.event_data import CallTransferStartedData
from engine.model.result import RefusedError
from sip.events import LegId, Referred, Times

TO = "sip:b@192.0.2.1"


class Controlled:
    """A call with a stream."""

    def __init__(self) -> None:
        self.call = Mock(spec=CallSession)
        self.calls = Mock(spec=LiveCalls, events=Mock())
        self.control = StreamControl(self.call, Mock(spec=StreamLink), self.calls)

    def end(self, status: int) -> None:
        """What the far end says of its call."""
        self.control.on_refer_outcome(Referred(LegId("leg"), status, "So", Times()))


def test_a_transfer_that_succeeds_hangs_up() -> None:
    controlled = Controlled()
    controlled.control.transfer(TO)
    controlled.end(200)

    append = controlled.calls.events.sequence_of.return_value.append
    assert append.call_args[0][0] == CallTransferStartedData(TO)
    controlled.calls.hang_up.assert_called_once_with(
        controlled.call, EndRequester.CLIENT
    )


def test_a_transfer_that_fails_may_be_tried_again() -> None:
    controlled = Controlled()
    controlled.control.transfer(TO)
    with pytest.raises(RefusedError, match="under way"):
        controlled.control.transfer(TO)
    controlled.end(486)
    controlled.control.transfer(TO)

    assert controlled.call.refer.call_count == 2
    controlled.calls.hang_up.assert_not_called()


def test_nobody_is_transferred_to_what_is_no_address() -> None:
    controlled = Controlled()
    with pytest.raises(RefusedError):
        controlled.control.transfer("nobody")

    controlled.call.refer.assert_not_called()
