"""ToneListeners: the legs whose networks are listened to for tones, early media too."""

import logging
import time
from collections.abc import Mapping, Sequence

import pjsua2 as pj

from sip.events import AgentEvent, LegId, ToneFound
from sip.network_tones import ToneInterval, ToneType
from sip.tone_watch import ToneListening, ToneWatch

from .leg import Leg

log = logging.getLogger("outring.sip")


class ToneListeners:
    """Listens to the legs that ask for it, from their first media on.

    A leg that has no media costs nothing. The caller must pass on what native code
    reports, and call ``discard`` once a leg is over. Events for the engine are appended to
    *outbox*, which the caller empties.
    """

    def __init__(self, legs: Mapping[LegId, Leg], outbox: list[AgentEvent]) -> None:
        """Serve *legs*, which the caller keeps up to date."""
        self._legs = legs
        self._outbox = outbox
        self._wanted: dict[LegId, ToneListening] = {}  # that have had no media yet
        self._watches: dict[LegId, tuple[ToneWatch, pj.OutringToneListener]] = {}

    def listen(self, leg_id: LegId, listening: ToneListening) -> None:
        """Listen to a leg; see ``UserAgent.listen_for_tones``."""
        leg = self._legs.get(leg_id)
        if leg is None or leg_id in self._watches:
            return
        self._wanted[leg_id] = listening
        if leg.tracker.times.ringing or leg.is_connected:  # it may have media
            self.on_media(leg)

    def on_media(self, leg: Leg) -> None:
        """Listen to what there is now, because the media of *leg* has changed."""
        leg_id = leg.tracker.id
        if (listening := self._wanted.pop(leg_id, None)) is not None:
            self._begin(leg, listening)
        if leg.call is not None and leg_id in self._watches:
            leg.call.connectListener(self._watches[leg_id][1])

    def _begin(self, leg: Leg, listening: ToneListening) -> None:
        leg_id = leg.tracker.id
        if leg.tracker.times.answered is not None and not listening.answered_s:
            return
        watch = ToneWatch(leg_id, listening, time.monotonic())
        try:
            self._watches[leg_id] = watch, pj.OutringToneListener(leg_id)
        except pj.Error as error:
            fields = {"callId": leg_id, "reason": error.reason}
            log.warning("tones_not_heard", extra=fields)

    def on_tone(self, leg_id: LegId, interval: ToneInterval) -> ToneType | None:
        """Report what another sound reveals; return the tone that is to end the leg, if any."""
        if leg_id not in self._watches:
            return None
        return self._report(leg_id, self._watches[leg_id][0].add(interval))

    def legs_to_advance(self, now: float) -> list[LegId]:
        """Return the legs for which ``advance`` is to be called."""
        for leg_id, (watch, _) in self._watches.items():
            if watch.is_early and self._legs[leg_id].is_connected:
                watch.on_answered(now)
        return [leg for leg, (watch, _) in self._watches.items() if watch.due <= now]

    def advance(self, leg_id: LegId, now: float) -> ToneType | None:
        """Report what it reveals that the leg sounds the same until *now*.

        Returns the tone that is to end the leg, if any.
        """
        watch, _ = self._watches[leg_id]
        ending = self._report(leg_id, watch.advance(now))
        if watch.is_over(now):
            del self._watches[leg_id]
        return ending

    def _report(self, leg_id: LegId, findings: Sequence[ToneFound]) -> ToneType | None:
        self._outbox.extend(findings)
        watch, leg = self._watches[leg_id][0], self._legs[leg_id]
        if leg.tracker.times.answered is not None:
            return None
        ends_on = watch.listening.ends_on
        return next((each.type for each in findings if each.type in ends_on), None)

    def discard(self, leg_id: LegId) -> None:
        """Drop what belongs to a leg that has ended."""
        self._wanted.pop(leg_id, None)
        self._watches.pop(leg_id, None)

    def close(self) -> None:
        """Let go of everything that PJSIP has to destroy."""
        self._watches.clear()
