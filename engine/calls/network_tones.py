"""NetworkTones: which tones the network plays in a call, if its request asks for that."""

from dataclasses import replace

from engine.model.call_progress import ProgressOutcome
from engine.model.network_tones import EarlyMediaRequest, ToneEvent, verdict_of
from sip.events import ToneFound
from sip.network_tones import ToneVerdict


class NetworkTones:
    """Gathers the tones that the user agent hears in one call."""

    def __init__(self, request: EarlyMediaRequest | None) -> None:
        """*request* is that of the client; None: nothing is listened for."""
        self._request = request
        self.events: list[ToneEvent] = []
        """What was heard so far, in order."""

    def add(self, found: ToneFound, at: float) -> None:
        """Add what was *found* at the time *at*, in seconds since 1970."""
        self.events.append(ToneEvent(found.type, at))

    def is_event(self, found: ToneFound) -> bool:
        """Whether *found* is one of those that the application gets as events."""
        return self._request is not None and found.type in self._request.events

    @property
    def verdict(self) -> ToneVerdict | None:
        """What the tones say of the call; None if they say nothing."""
        return verdict_of(self.events)

    def add_to(
        self, outcome: ProgressOutcome | None, invite: float | None
    ) -> ProgressOutcome | None:
        """Return *outcome* with the tones, if there are any.

        *invite* is when the INVITE was sent, in seconds since 1970.
        """
        if not self.events or invite is None:
            return outcome
        tones = tuple(
            (each.type.value, round((each.at - invite) * 1000, 1))
            for each in self.events
        )
        verdict = self.verdict and self.verdict.value
        known = outcome or ProgressOutcome(None, ())
        return replace(known, tones=tones, tone_verdict=verdict)
