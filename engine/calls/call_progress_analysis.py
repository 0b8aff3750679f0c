"""CallProgressAnalysis: what has answered a call, if its request asks for that."""

import asyncio

from engine.model.call_progress import (
    CallProgressRequest,
    CallProgressResult,
    ProgressOutcome,
    VoicemailResult,
)
from sip.call_progress import AnsweredBy, Detection
from sip.events import CallProgress


class CallProgressAnalysis:
    """Gathers what the user agent finds out about what has answered one call.

    The owner has the user agent watch the leg for what ``start`` returns, passes on each
    ``CallProgress`` by ``add``, and calls ``end`` when the call ends.
    """

    def __init__(self, request: CallProgressRequest | None) -> None:
        """*request* is that of the client; None: nothing is to be found out."""
        self._request = request
        self.result: CallProgressResult | None = None
        """What was found so far; None before ``start``, and if nothing is to be found out."""
        self.known: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done once it is known what has answered, or once nothing more will be found;
        while the call is screened, once it is known what has become of it.
        """
        self.is_screened = False
        """Whether the observer gets every finding, and has to call ``release`` or ``conclude``."""
        self._is_decided = False

    def start(self) -> Detection | None:
        """Begin, because the call was answered.

        Returns what the user agent has to detect; None if nothing is to be found out.
        """
        if self._request is None:
            return None
        self.result = CallProgressResult()
        return self._request.detection

    def add(self, finding: CallProgress, at: float) -> bool:
        """Add *finding*, made at the time *at* in seconds since 1970.

        Returns whether it has become known by this finding what has answered; False
        before ``start``.
        """
        if self.result is None:
            return False
        self.result.add(finding, at)
        if self._is_decided:
            return False
        self._is_decided = self.result.verdict is not None or finding.is_last
        if self._is_decided and not self.is_screened:
            self.end()
        return self._is_decided

    def release(self) -> None:
        """Note that the call is screened no more: it is the application's."""
        self.is_screened = False
        if self._is_decided:
            self.end()

    def conclude(self, voicemail: VoicemailResult) -> None:
        """Note what was done because a machine has answered; a second time does nothing."""
        if self.result is not None and self.result.voicemail is None:
            self.result.verdict = self.result.verdict or AnsweredBy.MACHINE
            self.result.voicemail = voicemail
            self.is_screened = False
            self.end()

    def end(self) -> bool:
        """Note that nothing more will be found; returns whether this has completed ``known``."""
        if self.known.done():
            return False
        self.known.set_result(None)
        return True

    def is_event(self, finding: CallProgress) -> bool:
        """Whether *finding* is one of those that the application gets as events."""
        if self.is_screened:
            return True
        return self._request is not None and finding.type in self._request.events

    def outcome(self, answered: float | None) -> ProgressOutcome | None:
        """Return what was found so far, as answers show it; None where ``result`` is.

        *answered* is when the call was answered, in seconds since 1970.
        """
        if self.result is None or answered is None:
            return None
        return ProgressOutcome.of(self.result, answered)
