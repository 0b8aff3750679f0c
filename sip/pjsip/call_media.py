"""CallMedia: what the calls of this process hear, play, record and send as digits.

A leg can be told what to play before PJSIP has a call for it, and a bridge stands while
one of its legs has no media. So all of this is kept here, and handed to PJSIP as soon as
it can take it.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import pjsua2 as pj

from sip.call_progress import Detection, SoundInterval
from sip.call_progress_watch import CallProgressWatch
from sip.dtmf_queue import DtmfQueue, QueuedDigit
from sip.events import (
    AgentEvent,
    CallProgress,
    Ended,
    LegId,
    Played,
    Recorded,
    SipEvent,
)
from sip.leg_tracker import NEVER
from sip.media import (
    CallRecording,
    Clip,
    Dtmf,
    Recording,
    Side,
    Silence,
    Sound,
    Stop,
    Tone,
)
from sip.media_links import Link, MediaLinks
from sip.recording_ends import RecordingEnds

from .errors import make_error
from .leg import Leg

SILENCE_SWEEP_S = 1.0  # between checks whether far ends send media

BEEP = Tone((1000,), on_ms=250)

log = logging.getLogger("outring.sip")


class CallMedia:
    """The media of all legs; an unknown leg is ignored everywhere.

    The caller must call ``begin`` once PJSIP has a call for a leg, ``end`` once the leg is
    over, and pass on what native code reports. Events for the engine are appended to
    *outbox*, which the caller empties.
    """

    def __init__(
        self, legs: Mapping[LegId, Leg], outbox: list[AgentEvent], timeout_s: float
    ) -> None:
        """Serve *legs*, which the caller keeps up to date."""
        self.timeout_s = timeout_s
        """How long a far end may be silent, as ``AgentConfig.media_timeout_s``."""
        self._legs = legs
        self._outbox = outbox
        self.links = MediaLinks()
        """Who is to hear whom, whether or not both have media."""
        self._recordings = RecordingEnds()
        self._dtmf_queues: dict[LegId, DtmfQueue] = {}
        self._watches: dict[
            LegId, tuple[CallProgressWatch, pj.OutringCallProgress]
        ] = {}
        self._deferred_work: dict[LegId, list[Callable[[pj.OutringCall], None]]] = {}
        # Whether those that are heard in sound count beside telephone-events.
        self._inband_digits: dict[LegId, bool] = {}
        self._next_silence_sweep = 0.0

    # -- the life of a leg -------------------------------------------------------

    @property
    def has_deferred_work(self) -> bool:
        """Whether a leg waits for ``begin``."""
        return bool(self._deferred_work)

    def begin(self, leg_id: LegId) -> None:
        """Do what had to wait for the call that PJSIP now has for this leg."""
        for work in self._deferred_work.pop(leg_id, ()):
            self.with_call(leg_id, work)

    def end(self, event: Ended) -> None:
        """Forget a leg; report its end, or hold it back until its recording is complete."""
        self.discard(event.leg)
        self.links.forget(event.leg)
        if self._deferred_work.pop(event.leg, ()):
            self._outbox.extend(self._recordings.discard(event.leg))
        self._outbox.extend(self._recordings.on_ended(event, time.monotonic()))

    def discard(self, leg_id: LegId) -> None:
        """Drop what would be done for this leg later, because it has crashed or ended."""
        self._dtmf_queues.pop(leg_id, None)
        self._watches.pop(leg_id, None)
        self._inband_digits.pop(leg_id, None)

    def release_recordings(self, now: float = NEVER) -> None:
        """Fail the recordings that were not completed in time, by default all of them."""
        self._outbox.extend(self._recordings.release_overdue(now))

    def close(self) -> None:
        """Let go of everything that PJSIP has to destroy."""
        self._watches.clear()

    def with_call(self, leg_id: LegId, work: Callable[[pj.OutringCall], None]) -> None:
        """Do *work* now, or as soon as the leg's INVITE has been sent; never if it has ended."""
        leg = self._legs.get(leg_id)
        if leg is None:
            return
        if leg.call is not None:
            work(leg.call)
        else:
            self._deferred_work.setdefault(leg_id, []).append(work)

    def _call_of(self, leg_id: LegId) -> pj.OutringCall | None:
        leg = self._legs.get(leg_id)
        return leg.call if leg is not None else None

    # -- bridges -----------------------------------------------------------------

    def connect(self, link: Link) -> None:
        """Let a listener hear a source whenever both have media, as long as both live."""
        if all(leg in self._legs for leg in link) and self.links.add(link):
            self._apply(link)

    def disconnect(self, link: Link) -> None:
        """Undo ``connect``."""
        if self.links.remove(link):
            source, listener = map(self._call_of, link)
            if source is not None and listener is not None:
                source.disconnectFrom(listener)

    def on_media(self, leg_id: LegId) -> None:
        """Restore what the leg hears and is heard by, because its media has changed."""
        self._apply_links(leg_id)
        call = self._call_of(leg_id)
        if call is not None and leg_id in self._inband_digits:
            self._hear_inband_digits(leg_id, call)
        if call is not None and leg_id in self._watches:
            call.connectListener(self._watches[leg_id][1])

    def _apply_links(self, leg_id: LegId) -> None:
        for link in self.links.of(leg_id):
            self._apply(link)

    def _apply(self, link: Link) -> None:
        source, listener = map(self._call_of, link)
        if source is not None and listener is not None:
            source.connectTo(listener)

    def find_silent(self, now: float) -> None:
        """Have native code report the calls whose far ends should send media and do not."""
        limit_s = self.timeout_s
        if limit_s and now >= self._next_silence_sweep:
            self._next_silence_sweep = now + min(SILENCE_SWEEP_S, limit_s / 4)
            pj.outring_find_silent(limit_s)

    # -- plays and recordings ----------------------------------------------------

    def play(
        self, leg_id: LegId, number: int, sounds: Sequence[Sound], stops_on: str
    ) -> None:
        """Play *sounds* as *number* after what the leg plays already; see ``UserAgent.play``.

        If PJSIP cannot, ``Played`` with FAILED is reported at once.
        """

        def work(call: pj.OutringCall) -> None:
            try:
                call.play(number, _to_native_sounds(sounds), stops_on)
            except pj.Error as error:
                failure = Played(leg_id, number, Stop.FAILED, 0, error.reason)
                self._outbox.append(failure)

        self.with_call(leg_id, work)

    def record(self, leg_id: LegId, number: int, recording: Recording) -> None:
        """Record as *number* as soon as there is media; see ``UserAgent.record``.

        If PJSIP cannot, or the leg is being recorded, ``Recorded`` with FAILED is reported
        at once.
        """

        def begin(call: pj.OutringCall) -> None:
            call.record(
                number,
                _name_of(recording.path),
                recording.side is Side.BOTH,
                recording.max_ms,
                recording.start_ms or 0,
                recording.silence_ms or 0,
                recording.stops_on,
                _to_native_sounds([BEEP] if recording.beep else []),
            )

        self._begin_recording(leg_id, number, begin)

    def record_call(self, leg_id: LegId, number: int, recording: CallRecording) -> None:
        """Record both sides as *number*; see ``UserAgent.record_call``, and ``record``."""

        def begin(call: pj.OutringCall) -> None:
            call.recordCall(number, _name_of(recording.path), recording.max_ms)

        self._begin_recording(leg_id, number, begin, is_of_call=True)

    def _begin_recording(
        self,
        leg_id: LegId,
        number: int,
        begin: Callable[[pj.OutringCall], None],
        *,
        is_of_call: bool = False,
    ) -> None:
        def work(call: pj.OutringCall) -> None:
            try:
                begin(call)
            except pj.Error as error:
                failure = Recorded(leg_id, number, Stop.FAILED, 0, error.reason)
                self.on_recorded(failure)
            else:
                self._apply_links(leg_id)

        if leg_id in self._legs:
            refusal = self._recordings.begin(leg_id, number, is_of_call=is_of_call)
            if refusal is not None:
                self._outbox.append(refusal)
            else:
                self.with_call(leg_id, work)

    def pause_recording(self, leg_id: LegId, number: int, *, is_to_pause: bool) -> None:
        """Have the recording *number* of the call be silent, or go on."""
        self.with_call(leg_id, lambda call: call.pauseRecording(number, is_to_pause))

    def on_recorded(self, event: Recorded) -> None:
        """Report the end of a recording; its leg may have ended before."""
        call = self._call_of(event.leg)
        if call is not None:
            call.stopHearing()
        self._outbox.extend(self._recordings.on_recorded(event))

    def stop(self, leg_id: LegId, number: int) -> None:
        """End the play or recording *number*."""
        self.with_call(leg_id, lambda call: call.stop(number))

    # -- digits ------------------------------------------------------------------

    def send_digits(
        self, leg_id: LegId, digits: str, how: Dtmf, on_ms: int, off_ms: int
    ) -> None:
        """Send DTMF *digits* after those that the leg sends already.

        *how* they travel, and for how many milliseconds each lasts and is silent, is as
        ``UserAgent.send_digits`` says. What does not fit into the queue is logged and lost.
        """
        if leg_id not in self._legs:
            return
        queue = self._dtmf_queues.setdefault(leg_id, DtmfQueue())
        if left_out := queue.enqueue(digits, how, on_ms, off_ms):
            log.warning("digits_dropped", extra={"callId": leg_id, "count": left_out})

    def legs_with_digits(self) -> list[LegId]:
        """Return the legs for which ``send_due_digit`` is to be called after each poll."""
        return list(self._dtmf_queues)

    def send_due_digit(self, leg_id: LegId, now: float) -> None:
        """Send the next digit of the leg if its time has come."""
        queue = self._dtmf_queues[leg_id]
        digit = queue.due(now)
        if digit is not None and self._send_digit(self._legs[leg_id], digit):
            queue.mark_sent(now)
        elif queue.is_done(now):
            del self._dtmf_queues[leg_id]

    def _send_digit(self, leg: Leg, key: QueuedDigit) -> bool:
        """Send a digit; False if it has to wait. One that cannot be sent counts as sent."""
        if leg.call is None:
            return False
        try:
            if key.how is Dtmf.RFC4733:
                if not leg.call.canSpeak():
                    return False
                if leg.call.sendEvent(key.digit, key.on_ms):
                    return True
            if not leg.is_connected:
                return False
            leg.call.sendInfo(key.digit, key.on_ms)
        except pj.Error as error:
            fields = {"callId": leg.tracker.id, "reason": error.reason}
            log.warning("digit_not_sent", extra=fields)
        return True

    def hear_inband_digits(self, leg_id: LegId, *, always: bool) -> None:
        """Hear digits in the sound of a leg; see ``UserAgent.hear_inband_digits``."""
        if leg_id not in self._legs:
            return
        self._inband_digits[leg_id] = always or self._inband_digits.get(leg_id, False)
        self.with_call(leg_id, lambda call: self._hear_inband_digits(leg_id, call))

    def _hear_inband_digits(self, leg_id: LegId, call: pj.OutringCall) -> None:
        try:
            call.hearInbandDigits(self._inband_digits[leg_id])
        except pj.Error as error:
            fields = {"callId": leg_id, "reason": error.reason}
            log.warning("inband_digits_failed", extra=fields)

    # -- call progress -----------------------------------------------------------

    def watch(self, leg_id: LegId, detection: Detection) -> None:
        """Begin to analyse the sound of a leg, and report what is found."""

        def work(call: pj.OutringCall) -> None:
            if leg_id in self._watches:
                return
            now = time.monotonic()
            try:
                port = pj.OutringCallProgress(leg_id, *meter_settings(detection))
            except pj.Error as error:
                fields = {"callId": leg_id, "reason": error.reason}
                log.warning("call_progress_failed", extra=fields)
                self._outbox.append(CallProgress(leg_id, None, now, is_last=True))
                return
            self._watches[leg_id] = CallProgressWatch(leg_id, detection, now), port
            call.connectListener(port)

        self.with_call(leg_id, work)

    def on_sound(self, leg_id: LegId, interval: SoundInterval) -> None:
        """Report what another sound of the far end reveals."""
        if leg_id in self._watches:
            self._report_findings(leg_id, self._watches[leg_id][0].add(interval))

    def legs_to_advance(self, now: float) -> list[LegId]:
        """Return the watched legs for which ``advance_watch`` is to be called."""
        return [leg for leg, (watch, _) in self._watches.items() if watch.due <= now]

    def advance_watch(self, leg_id: LegId, now: float) -> None:
        """Report what it reveals that the leg sounds the same until *now*."""
        self._report_findings(leg_id, self._watches[leg_id][0].advance(now))

    def _report_findings(self, leg_id: LegId, findings: Sequence[SipEvent]) -> None:
        self._outbox.extend(findings)
        if self._watches[leg_id][0].is_over:
            del self._watches[leg_id]


def meter_settings(detection: Detection) -> tuple[int, float, float]:
    """Return what native code has to know of *detection* (``native/energy_meter.hpp``)."""
    mode = detection.threshold_mode.value
    return mode, detection.threshold, detection.beep_modulation


def _to_native_sounds(sounds: Iterable[Sound]) -> pj.OutringSounds:
    native = pj.OutringSounds()
    for sound in sounds:
        match sound:
            case Clip(path):
                native.addClip(_name_of(path))
            case Tone((frequency, *others), on_ms, off_ms, count):
                another = others[0] if others else 0
                native.addTone(frequency, another, on_ms, off_ms, count)
            case Silence(duration_ms):
                native.addSilence(duration_ms)
    return native


def _name_of(path: Path) -> str:
    """Return the path as C++ takes it; raises pj.Error for a name that C++ would misread."""
    name = str(path)
    if "\0" in name or any("\ud800" <= letter <= "\udfff" for letter in name):
        raise make_error("The name of the file cannot be used.")
    return name
