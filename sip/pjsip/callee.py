"""Callee: a user agent that is called, for tests and first steps. One thread does it all.

Unlike in ``stack``, Python runs inside PJSIP here: it is the way in which pjsua2 tells
of calls from outside, and nobody needs a test callee to be fast. What it is called with
is only noted there; ``poll`` acts on it.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress

import pjsua2 as pj

from sip.agent import AgentConfig
from sip.callee import (
    DIGIT_MS,
    CalleeAct,
    CalleeConfig,
    CalleeEvent,
    Happening,
    PlannedAct,
    plan_answer,
    plan_conversation,
)
from sip.errors import AgentConfigurationError
from sip.message import printable

from .endpoint import make_endpoint_config, prefer_codecs, prepare_endpoint
from .transports import Transports

MAX_CALLS = 200
RTP_PORT_MIN, RTP_PORTS = 20_000, 9_999  # away from those of a dialer on this machine
POLL_MS = 20
CLOSE_LIMIT_S = 2.0  # for callers to confirm that we hang up
LOUD = 8  # of 255, as PJSIP measures levels: above what lines have of noise
_NOT_ALLOWED, _BUSY, _UNAVAILABLE = 405, 486, 480


class _IncomingCall(pj.Call):
    """A call from outside, and what pjsua2 has told of it since the last poll."""

    def __init__(self, account: pj.Account, call_id: int, number: int) -> None:
        super().__init__(account, call_id)
        self.number = number
        self.began = time.monotonic()
        self.heard_s = 0.0
        self.has_talked = False
        self.end: Happening | None = None  # by us
        self.end_value = ""
        self.player: pj.AudioMediaPlayer | None = None
        self.due: deque[tuple[float, PlannedAct]] = deque()
        self.told: deque[tuple[str, str]] = deque()

    def onCallState(self, prm: pj.OnCallStateParam) -> None:  # noqa: N802, ARG002
        """Note that the call is answered or over."""
        state = self.getInfo().state
        if state == pj.PJSIP_INV_STATE_CONFIRMED:
            self.told.append(("answered", ""))
        elif state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.told.append(("ended", ""))

    def onCallMediaState(self, prm: pj.OnCallMediaStateParam) -> None:  # noqa: N802, ARG002
        """Note that the media has changed."""
        self.told.append(("media", ""))

    def onDtmfDigit(self, prm: pj.OnDtmfDigitParam) -> None:  # noqa: N802
        """Note a digit of the caller."""
        self.told.append(("digit", prm.digit))

    def onCallTransferRequest(  # noqa: N802
        self, prm: pj.OnCallTransferRequestParam
    ) -> None:
        """Refuse a REFER: a callee calls nobody."""
        prm.statusCode = _NOT_ALLOWED

    def onCallReplaceRequest(  # noqa: N802
        self, prm: pj.OnCallReplaceRequestParam
    ) -> None:
        """Refuse an INVITE with Replaces."""
        prm.statusCode = _NOT_ALLOWED

    def plan(self, acts: Iterable[PlannedAct], now: float) -> None:
        """Have *acts* done, counted from *now*, and nothing that was planned before."""
        in_order = sorted(acts, key=lambda planned: planned.after_s)
        self.due = deque((now + planned.after_s, planned) for planned in in_order)


class _Account(pj.Account):
    """Takes every call, whoever it is for."""

    def __init__(self) -> None:
        super().__init__()
        self.came: deque[_IncomingCall] = deque()
        self._count = 0

    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:  # noqa: N802
        """Keep the call; it is answered after the poll."""
        self._count += 1
        self.came.append(_IncomingCall(self, prm.callId, self._count))


class Callee:
    """PJSIP as a callee; there can be only one user agent in a process.

    All methods belong to the thread that made it, which has to call ``poll`` until
    ``close``.
    """

    def __init__(
        self, config: CalleeConfig, tell: Callable[[CalleeEvent], None]
    ) -> None:
        """Listen. *tell* is called within ``poll`` and ``close`` for each event.

        Raises AgentConfigurationError with one sentence.
        """
        self._plan = config.plan
        self._tell = tell
        self._calls: list[_IncomingCall] = []
        self._looked = time.monotonic()
        self._endpoint = prepare_endpoint()
        agent = AgentConfig(listeners=config.listeners, max_calls=MAX_CALLS)
        try:
            self.ports = self._start(agent).ports
        except (pj.Error, AgentConfigurationError) as error:
            self._endpoint.libDestroy(pj.PJSUA_DESTROY_NO_NETWORK)
            if isinstance(error, AgentConfigurationError):
                raise
            raise AgentConfigurationError(
                f"PJSIP does not start: {error.reason}."
            ) from error

    def _start(self, agent: AgentConfig) -> Transports:
        endpoint, settings = self._endpoint, make_endpoint_config(agent)
        settings.uaConfig.mainThreadOnly = True
        endpoint.libCreate()
        endpoint.libInit(settings)
        transports = Transports(endpoint, agent)
        prefer_codecs(endpoint, agent.codecs)
        endpoint.libStart()
        endpoint.audDevManager().setNullDev()
        self._account = _Account()
        account = pj.AccountConfig()
        account.idUri = f"<sip:callee@{_host_of(agent)}>"
        account.regConfig.registerOnAdd = False
        media = account.mediaConfig.transportConfig
        media.port, media.portRange = RTP_PORT_MIN, RTP_PORTS
        self._account.create(account)
        return transports

    @property
    def has_calls(self) -> bool:
        """Whether there is a call."""
        return bool(self._calls)

    def poll(self) -> None:
        """Let PJSIP work for up to 20 ms, then do what is due."""
        self._endpoint.libHandleEvents(POLL_MS)
        now = time.monotonic()
        while self._account.came:
            with suppress(pj.Error):  # it was cancelled within this poll
                self._take(self._account.came.popleft(), now)
        self._listen(now)
        for call in list(self._calls):
            while call.told:
                self._on_told(call, *call.told.popleft(), now)
            while call in self._calls and call.due and call.due[0][0] <= now:
                with suppress(pj.Error):  # its end, which is told next, came first
                    self._act(call, call.due.popleft()[1])

    def close(self) -> None:
        """Hang up, wait for callers to confirm that for two seconds at most, and end PJSIP."""
        for call in self._calls:
            call.due.clear()
            with suppress(pj.Error):  # it has ended, and nobody was told yet
                self._hang_up(call)
        limit = time.monotonic() + CLOSE_LIMIT_S
        while self._calls and time.monotonic() < limit:
            self.poll()
        self._calls.clear()
        del self._account
        self._endpoint.libDestroy(pj.PJSUA_DESTROY_NO_NETWORK)

    # -- what happens ------------------------------------------------------------

    def _take(self, call: _IncomingCall, now: float) -> None:
        info = call.getInfo()
        self._calls.append(call)
        self._report(call, Happening.CALLED, f"{info.remoteUri} calls {info.localUri}")
        call.plan(plan_answer(self._plan), now)

    def _on_told(self, call: _IncomingCall, kind: str, value: str, now: float) -> None:
        match kind:
            case "answered":
                call.has_talked = True
                self._report(call, Happening.ANSWERED)
                call.plan(plan_conversation(self._plan), now)
            case "media":
                self._connect(call)
            case "digit":
                self._report(call, Happening.DIGIT, value)
            case "ended":
                self._calls.remove(call)
                self._report(call, _end_of(call), call.end_value)

    def _listen(self, now: float) -> None:
        """Measure for how long callers are heard: their level is looked at in each poll."""
        elapsed_s, self._looked = now - self._looked, now
        for call in self._calls:
            if call.has_talked and (media := _media_of(call)) is not None:
                with suppress(pj.Error):  # its media may be gone by now
                    # What it transmits into the bridge is what the caller has sent.
                    call.heard_s += elapsed_s * (media.getTxLevel() >= LOUD)

    def _report(self, call: _IncomingCall, what: Happening, value: str = "") -> None:
        at_s = time.monotonic() - call.began
        self._tell(CalleeEvent(call.number, at_s, what, printable(value), call.heard_s))

    # -- what it does ------------------------------------------------------------

    def _act(self, call: _IncomingCall, planned: PlannedAct) -> None:
        match planned.act:
            case CalleeAct.RING:
                call.answer(_with_status(180))
                self._report(call, Happening.RINGS)
            case CalleeAct.ANSWER:
                call.answer(_with_status(200))
            case CalleeAct.REFUSE:
                self._refuse(call, self._plan.refusal or _BUSY)
            case CalleeAct.PLAY:
                self._play(call)
            case CalleeAct.PRESS:
                self._press(call, planned.digit)
            case CalleeAct.HANG_UP:
                self._hang_up(call)

    def _connect(self, call: _IncomingCall) -> None:
        """Hear the caller, and be heard, in media that is new: the old one took its links along."""
        media = _media_of(call)
        if media is None:
            return
        media.startTransmit(self._endpoint.audDevManager().getPlaybackDevMedia())
        if self._plan.echoes:
            media.startTransmit(media)
        if call.player is not None:
            call.player.startTransmit(media)

    def _play(self, call: _IncomingCall) -> None:
        call.player = pj.AudioMediaPlayer()
        call.player.createPlayer(str(self._plan.clip), pj.PJMEDIA_FILE_NO_LOOP)
        self._connect(call)
        self._report(call, Happening.PLAYS)

    def _press(self, call: _IncomingCall, digit: str) -> None:
        press = pj.CallSendDtmfParam()
        press.digits, press.duration = digit, DIGIT_MS
        try:
            call.sendDtmf(press)
        except pj.Error as error:
            self._report(call, Happening.NOT_PRESSED, f"{digit}: {error.reason}")
        else:
            self._report(call, Happening.PRESSED, digit)

    def _refuse(self, call: _IncomingCall, status: int) -> None:
        call.end, call.end_value = Happening.REFUSED, str(status)
        call.hangup(_with_status(status))

    def _hang_up(self, call: _IncomingCall) -> None:
        if not call.has_talked:
            self._refuse(call, _UNAVAILABLE)
            return
        call.end = Happening.HUNG_UP
        call.hangup(_with_status(0))


def _host_of(agent: AgentConfig) -> str:
    address = agent.listeners[0].address
    return f"[{address}]" if ":" in address else address


def _with_status(status: int) -> pj.CallOpParam:
    parameters = pj.CallOpParam(True)
    parameters.statusCode = status
    return parameters


def _media_of(call: _IncomingCall) -> pj.AudioMedia | None:
    """The sound of *call*, if there is any now."""
    try:
        return call.getAudioMedia(-1)
    except pj.Error:
        return None


def _end_of(call: _IncomingCall) -> Happening:
    if call.end is not None:
        return call.end
    return Happening.CALLER_HUNG_UP if call.has_talked else Happening.CANCELLED
