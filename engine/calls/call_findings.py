"""CallFindings: what was heard of a call: what has answered it, and the tones of its network."""

from engine.model.call_progress import CallProgressResult, ProgressOutcome
from engine.model.campaign import AttemptOutcome
from engine.model.outbound_request import OutboundRequest
from sip.events import CallProgress, ToneFound

from .call_progress_analysis import CallProgressAnalysis
from .network_tones import NetworkTones


class CallFindings:
    """Gathers what the user agent hears of one call, as far as its request asks for that."""

    def __init__(self, request: OutboundRequest) -> None:
        self.analysis = CallProgressAnalysis(request.call_progress)
        """What has answered; the owner starts and ends it."""
        self.tones = NetworkTones(request.early_media)
        self.campaign_outcome: AttemptOutcome | None = None
        """What the call itself has found of the attempt that it is; None: nothing."""

    def add(self, found: CallProgress | ToneFound, at: float) -> bool:
        """Add what was *found* at the time *at*, in seconds since 1970.

        Returns whether it tells so much that the record is to be written.
        """
        if isinstance(found, CallProgress):
            return self.analysis.add(found, at)
        self.tones.add(found, at)
        return True

    def is_event(self, found: CallProgress | ToneFound) -> bool:
        """Whether *found* is one of those that the application gets as events."""
        if isinstance(found, CallProgress):
            return self.analysis.is_event(found)
        return self.tones.is_event(found)

    def outcome(
        self, invite: float | None, answered: float | None
    ) -> ProgressOutcome | None:
        """Return what was found so far, as answers show it.

        *invite* and *answered* are when the INVITE was sent and the call was answered, in
        seconds since 1970. None if there are no tones, and the analysis was not asked
        for or the call was not answered.
        """
        return self.tones.add_to(self.analysis.outcome(answered), invite)

    def copy_result(self) -> CallProgressResult | None:
        """Return what was found so far in a value that does not change; None: nothing."""
        result, tones = self.analysis.result, self.tones
        if result is None and not tones.events:
            return None
        known = result or CallProgressResult()
        return CallProgressResult(
            [*known.events],
            known.verdict,
            tones=[*tones.events],
            tone_verdict=tones.verdict,
            voicemail=known.voicemail,
        )
