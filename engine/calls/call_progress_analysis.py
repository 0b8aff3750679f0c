"""CallProgressAnalysis: who has answered a call, if its request wants that found out."""

import asyncio

from engine.model.call_progress import (
    CallProgressRequest,
    CallProgressResult,
    ProgressOutcome,
)
from sip.call_progress import Detection
from sip.events import CallProgress


class CallProgressAnalysis:
    """The findings of the user agent about one call."""

    def __init__(self, request: CallProgressRequest | None) -> None:
        """*request* None: nobody wants to know."""
        self._request = request
        self.result: CallProgressResult | None = None
        """What was found so far; None if nobody wants to know, or nobody has answered."""
        self.known: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done once it is known who has answered, or no more will be found."""

    def start(self) -> Detection | None:
        """Begin, since the call is answered; returns what the user agent has to detect."""
        if self._request is None:
            return None
        self.result = CallProgressResult()
        return self._request.detection

    def add(self, finding: CallProgress, at: float) -> bool:
        """Keep *finding* of the time *at* (seconds since 1970).

        Returns whether it is the one by which it is ``known`` who has answered.
        """
        if self.result is None:
            return False
        self.result.add(finding, at)
        return (self.result.verdict is not None or finding.is_last) and self.end()

    def end(self) -> bool:
        """Nothing more will be found. Returns False if it was ``known`` before."""
        if self.known.done():
            return False
        self.known.set_result(None)
        return True

    def is_event(self, finding: CallProgress) -> bool:
        """Whether *finding* is one of those that the application gets as events."""
        return self._request is not None and finding.type in self._request.events

    def outcome(self, answered: float | None) -> ProgressOutcome | None:
        """What was found so far, as answers show it; None as ``result``.

        *answered* is when the call was answered, in seconds since 1970.
        """
        if self.result is None or answered is None:
            return None
        return ProgressOutcome.of(self.result, answered)
