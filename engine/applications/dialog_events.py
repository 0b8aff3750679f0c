"""What the event log is told of dialogs, and of what they record."""

import re
import time

from ccxml.commands import DialogOrder
from engine.calls.call_session import CallSession
from engine.dialogs.dialog import FailDialog
from engine.dialogs.dialog_runner import DialogResult
from engine.dialogs.playback import PlaybackCall, Sounds
from engine.events.event_sequence import EventSequence
from engine.model.event_data import (
    CallDialogEndedData,
    CallDialogStartedData,
    CallRecordingStartedData,
)
from engine.model.public_uri import public_uri, with_public_uris
from sip.media import Recording

_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_PLAIN = "text/plain"


class DialogEvents(PlaybackCall):
    """The media of *call* for one dialog, which tell the event log in *sequence* what is
    recorded; and what is told of the dialog itself.
    """

    def __init__(self, call: CallSession, sequence: EventSequence) -> None:
        self._call = call
        self._sequence = sequence
        self._dialog: str | None = None

    def on_started(self, order: DialogOrder) -> None:
        """Tell that the dialog of *order* has begun on the call."""
        self._dialog = order.dialog_id
        media_type = order.type.partition(";")[0].strip().lower()
        started = CallDialogStartedData(order.dialog_id, media_type, source_of(order))
        self._sequence.append(started, time.time())

    def on_ended(self, last: DialogResult | None) -> None:
        """Tell that the dialog has ended with *last*; None: its application has ended.

        Only the first end counts, and none of a dialog that has not begun.
        """
        dialog, self._dialog = self._dialog, None
        if dialog is None:
            return
        reason = None
        if last is None:
            reason = "The application has ended."
        elif isinstance(last, FailDialog):
            reason = with_public_uris(last.reason)
        self._sequence.append(CallDialogEndedData(dialog, reason), time.time())

    # -- media -------------------------------------------------------------------

    def play(self, sounds: Sounds, *, stops_on: str = "") -> int:
        """See ``PlaybackCall.play``."""
        return self._call.play(sounds, stops_on=stops_on)

    def record_audio(self, recording: Recording) -> int:
        """See ``PlaybackCall.record_audio``."""
        number = self._call.record_audio(recording)
        self._sequence.append(CallRecordingStartedData(number), time.time())
        return number

    def stop(self, number: int) -> None:
        """See ``PlaybackCall.stop``."""
        self._call.stop(number)

    def hear_inband_digits(self) -> None:
        """See ``PlaybackCall.hear_inband_digits``."""
        self._call.hear_inband_digits()


def source_of(order: DialogOrder) -> str | None:
    """The URI of the dialog of *order*, without secrets; None: the order has its content."""
    src = order.src.strip()
    is_text = order.type.partition(";")[0].strip().lower() == _PLAIN
    if src.startswith("{") or src[:5].lower() == "data:":
        return None
    return None if is_text and not _ABSOLUTE.match(src) else public_uri(src)
