"""StreamControl: what clients order on the call of an application of type STREAM."""

import time

from engine.audio import Held
from engine.calls.call_session import CallSession
from engine.calls.live_calls import LiveCalls
from engine.dialogs.streams.stream_link import StreamLink
from engine.model.disposition import EndRequester
from engine.model.event_data import CallTransferStartedData
from engine.model.result import RefusedError, Result
from sip.errors import SipError
from sip.events import Played, Referred
from sip.uri import SipUri

from .connection import REFER_LIMIT_S
from .stream_sounds import StreamSounds


class StreamControl:
    """Carries out on one call, while its stream runs, what clients order.

    What it cannot do is refused with a RefusedError.
    """

    def __init__(self, call: CallSession, link: StreamLink, calls: LiveCalls) -> None:
        """*link* is the stream of *call*."""
        self._call = call
        self._calls = calls
        self._sounds = StreamSounds(call, link)
        self._is_transferring = False

    def play(self, held: Held, *, is_over: bool) -> None:
        """Play a sound; see ``StreamSounds.add``."""
        self._sounds.add(held, is_over=is_over)

    def stop_sounds(self) -> None:
        """Play no sound any more, neither the one that plays nor those that wait."""
        self._sounds.stop()

    def send_digits(self, digits: str) -> None:
        """Send the far end DTMF *digits*, behind those that it is sent already."""
        self._call.send_digits(digits)

    def transfer(self, to: str) -> None:
        """Have the far end call *to* instead (REFER, RFC 3515); once it has, hang up.

        If it does not, the stream goes on. Raises RefusedError if *to* is no SIP URI, or
        while another transfer is under way.
        """
        try:
            target = SipUri.parse(to)
        except SipError as error:
            raise RefusedError(Result.INVALID_REQUEST, str(error)) from error
        if self._is_transferring:
            text = "A transfer of the call is under way."
            raise RefusedError.conflict(text)
        self._is_transferring = True
        self._call.refer(target, (), limit_s=REFER_LIMIT_S)
        sequence = self._calls.events.sequence_of(self._call)
        sequence.append(CallTransferStartedData(to), time.time())

    # -- what happens --------------------------------------------------------------

    def on_played(self, event: Played) -> None:
        """Take the end of a sound; see ``StreamSounds.on_played``."""
        self._sounds.on_played(event)

    def on_refer_outcome(self, event: Referred) -> None:
        """Take what became of the transfer."""
        self._is_transferring = False
        if event.status < 300:
            self._calls.hang_up(self._call, EndRequester.CLIENT)

    def close(self) -> None:
        """Play nothing any more."""
        self._sounds.close()
