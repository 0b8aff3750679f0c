"""ProxyHealth: which proxies are not used now, by what was heard of them. Pure."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import structlog

from engine.platform.objects import Proxy
from sip.agent import PingResult
from sip.events import Answered, Ended, Ending, Origin, Progress, SipEvent, Times
from sip.retry_after import parse_retry_after

from .circuit import Circuit, CircuitState, CircuitStatus, Gate, Means

MAX_REST_S = 3600.0
_SILENT = 408  # of an OPTIONS without any response
_UNAVAILABLE = 503  # RFC 3261 §21.5.4; also of a request that could not be sent

log = structlog.get_logger()


Signal = Progress | Answered | Ending | Ended
"""An event of a leg that shows something of its proxy."""

ProxyKey = tuple[str, str]
"""Id and address of a proxy: with another address it is another one."""


def key_of(proxy: Proxy) -> ProxyKey:
    """Return by what *proxy* is known here and to other processes."""
    return proxy.id, proxy.address


class ProxyState(StrEnum):
    """What a proxy is taken for."""

    UP = "up"
    DOWN = "down"  # not used, until a call finds out that it works
    PROBING = "probing"  # a call is finding that out
    RESTING = "resting"  # it has asked for rest, by Retry-After


@dataclass(frozen=True, slots=True)
class ProxyCondition:
    """The state of a proxy, for people."""

    state: ProxyState
    since_s: float | None = None
    """For how many seconds it has been up, or not up; None: for as long as is known."""
    why: str = ""
    """Why it is not up, such as ``local-timer``, ``503`` or ``OPTIONS: 408``."""
    next_probe_s: float | None = None
    """In how many seconds a call may find out whether it works, 0 for the next call; of
    one that rests, when the rest is over. None where it is up."""


@dataclass(frozen=True, slots=True)
class Rest:
    """The time for which a proxy has asked to be left alone."""

    since: float
    until: float


class ProxyHealthReport(NamedTuple):
    """What one process has found out of a proxy, for the others."""

    proxy: ProxyKey
    circuit: CircuitStatus | None
    rest: Rest | None


class ProxyHealth:
    """The circuit of each proxy, and which proxies have asked for rest.

    One that has asked for rest (503 with Retry-After) is not used for that time, even if
    it answers meanwhile. What is known belongs to the address of a proxy: with another one
    it begins anew. Times are seconds of one clock that never goes back.
    """

    def __init__(self) -> None:
        self._circuits: dict[ProxyKey, Circuit] = {}  # of those that have ever failed
        self._rests: dict[ProxyKey, Rest] = {}
        self._changed: set[ProxyKey] = set()  # since the last ``take_reports``

    # -- what was found out ------------------------------------------------------

    def on_leg_event(self, proxy: Proxy, event: Signal, now: float) -> None:
        """Learn of *proxy* from *event* of a leg through it; to be called with each one.

        Whatever does not show that the proxy has failed shows that it works. Only a leg
        that we have cancelled, and that has ended before its first response was due, says
        nothing.
        """
        if not isinstance(event, Ended):
            self._on_answer(proxy, event.times, now, counts=isinstance(event, Answered))
        elif (seconds := rest_s(event)) is not None:
            self.mark_resting(proxy, now, seconds)
            self._on_no_sign(proxy, event.times, now)
        elif why := proxy_failure(event):
            self._on_failure(proxy, why, event.times, now)
        elif event.origin is not Origin.LOCAL_CANCEL:
            is_counted = event.times.answered is not None
            self._on_answer(proxy, event.times, now, counts=not is_counted)
        elif event.times.has_heard:
            self._on_answer(proxy, event.times, now, counts=False)
        elif _measure_wait_s(event.times, now) >= proxy.first_response_ms / 1000:
            self.on_silence(proxy, _find_time_sent(event.times, now), now)
        else:
            self._on_no_sign(proxy, event.times, now)

    def on_silence(self, proxy: Proxy, sent: float, now: float) -> None:
        """Learn that nothing at all was heard of an INVITE that was sent at *sent*."""
        self._trip(proxy, Origin.LOCAL_TIMER.value, Means.CALL, sent, now)

    def on_sign(self, proxy: Proxy, sent: float, now: float) -> None:
        """Learn that something was heard of an INVITE that was sent at *sent*."""
        self._on_answer(proxy, Times(invite=sent), now, counts=False)

    def on_ping(
        self, proxy: Proxy, result: PingResult, sent: float, now: float
    ) -> None:
        """Learn of *proxy* from the *result* of an OPTIONS that was sent at *sent*."""
        if result.status not in (_SILENT, _UNAVAILABLE):
            self._succeed(proxy, Means.PING, sent, now)
            return
        self._trip(proxy, f"OPTIONS: {result.status}", Means.PING, sent, now)
        if result.status == _UNAVAILABLE and result.retry_after_s is not None:
            self.mark_resting(proxy, now, result.retry_after_s)

    def mark_resting(self, proxy: Proxy, now: float, rest_s: float) -> None:
        """Do not use *proxy* for *rest_s* seconds from *now*, ``MAX_REST_S`` at most."""
        rest_s, key, since = min(rest_s, MAX_REST_S), key_of(proxy), now
        if self.is_resting(proxy, now):
            since = self._rests[key].since
        else:
            log.warning("proxy_rests", proxy=proxy.id, seconds=rest_s)
        self._rests[key] = Rest(since, now + rest_s)
        self._changed.add(key)

    def begin_probe(self, proxy: Proxy, now: float, *, is_ours: bool = True) -> None:
        """Note that a call goes through *proxy* to find out whether it works.

        *is_ours*: it is a call of this process.
        """
        if (circuit := self._circuits.get(key_of(proxy))) is not None:
            circuit.begin_probe(now)
            if is_ours:
                self._changed.add(key_of(proxy))

    def keep_only(self, proxies: Iterable[Proxy]) -> None:
        """Forget all that are not among *proxies*, those of the platform as it is now."""
        if not self._circuits and not self._rests:
            return
        kept = set(map(key_of, proxies))
        for key in self._circuits.keys() - kept:
            del self._circuits[key]
        for key in self._rests.keys() - kept:
            del self._rests[key]
        self._changed &= kept

    # -- what processes tell each other ------------------------------------------

    def take_reports(self) -> list[ProxyHealthReport]:
        """Return what this process has found out since it was asked last."""
        changed, self._changed = self._changed, set()
        return [self._report_of(key) for key in changed]

    def put_back(self, reports: Iterable[ProxyHealthReport]) -> None:
        """Have *reports*, which could not be sent, taken again, as things stand then."""
        self._changed.update(report.proxy for report in reports)

    def adopt(self, report: ProxyHealthReport, now: float) -> None:
        """Take what another process has found out, unless this one has news of its own."""
        key, circuit, rest = report
        if key in self._changed:
            return
        if circuit is not None:
            known = self._circuits.setdefault(key, Circuit(now))
            before = known.state
            known.adopt(circuit)
            _log_change(key[0], known, before)
        if rest is not None and rest.until > now:
            self._rests[key] = Rest(rest.since, min(rest.until, now + MAX_REST_S))

    def _report_of(self, key: ProxyKey) -> ProxyHealthReport:
        circuit = self._circuits.get(key)
        status = circuit.status if circuit and circuit.was_opened else None
        return ProxyHealthReport(key, status, self._rests.get(key))

    # -- what is known -----------------------------------------------------------

    def is_resting(self, proxy: Proxy, now: float) -> bool:
        """Whether *proxy* asked for rest, and that time is not over at *now*."""
        rest = self._rests.get(key_of(proxy))
        return rest is not None and rest.until > now

    def gate(self, proxy: Proxy, now: float) -> Gate:
        """Return whether a call that comes at *now* may go through *proxy*."""
        if self.is_resting(proxy, now):
            return Gate.STOP
        circuit = self._circuits.get(key_of(proxy))
        return Gate.PASS if circuit is None else circuit.gate(now)

    def is_down(self, proxy: Proxy, now: float) -> bool:
        """Whether no call goes through *proxy* at *now* as long as another one is up."""
        return self.gate(proxy, now) is Gate.STOP

    def condition_of(self, proxy: Proxy, now: float) -> ProxyCondition:
        """Return what is known of *proxy* at *now*."""
        if self.is_resting(proxy, now):
            rest = self._rests[key_of(proxy)]
            return ProxyCondition(
                ProxyState.RESTING, now - rest.since, "Retry-After", rest.until - now
            )
        circuit = self._circuits.get(key_of(proxy))
        if circuit is None:
            return ProxyCondition(ProxyState.UP)
        since_s = now - circuit.since
        if circuit.state is CircuitState.CLOSED:
            return ProxyCondition(ProxyState.UP, since_s)
        is_open = circuit.state is CircuitState.OPEN
        state = ProxyState.DOWN if is_open else ProxyState.PROBING
        left_s = max(circuit.retry_at - now, 0.0)
        return ProxyCondition(state, since_s, circuit.why, left_s)

    # -- circuits ----------------------------------------------------------------

    def _on_answer(
        self, proxy: Proxy, times: Times, now: float, *, counts: bool
    ) -> None:
        """*counts*: the outcome of the call is one among those of the latest calls."""
        circuit = self._circuits.get(key_of(proxy))
        if circuit is None or (circuit.state is CircuitState.CLOSED and not counts):
            return
        self._succeed(proxy, Means.CALL, _find_time_sent(times, now), now)

    def _succeed(self, proxy: Proxy, means: Means, sent: float, now: float) -> None:
        if (circuit := self._circuits.get(key_of(proxy))) is not None:
            with self._noting(proxy, circuit):
                circuit.succeed(means, sent, now)

    def _on_failure(self, proxy: Proxy, why: str, times: Times, now: float) -> None:
        sent = _find_time_sent(times, now)
        if why == Origin.LOCAL_TIMER:
            self._trip(proxy, why, Means.CALL, sent, now)
            return
        circuit = self._circuit_of(proxy, now)
        with self._noting(proxy, circuit):
            circuit.fail(why, sent, now, proxy.down_retry_ms / 1000)

    def _trip(
        self, proxy: Proxy, why: str, means: Means, sent: float, now: float
    ) -> None:
        circuit = self._circuit_of(proxy, now)
        with self._noting(proxy, circuit):
            circuit.trip(why, means, sent, now, proxy.down_retry_ms / 1000)

    def _on_no_sign(self, proxy: Proxy, times: Times, now: float) -> None:
        if (circuit := self._circuits.get(key_of(proxy))) is not None:
            with self._noting(proxy, circuit):
                circuit.lose_probe(_find_time_sent(times, now), now)

    @contextmanager
    def _noting(self, proxy: Proxy, circuit: Circuit) -> Iterator[None]:
        """Log and note what the block changes of *circuit*."""
        before, retry_at = circuit.state, circuit.retry_at
        yield
        if (before, retry_at) != (circuit.state, circuit.retry_at):
            self._changed.add(key_of(proxy))
            _log_change(proxy.id, circuit, before)

    def _circuit_of(self, proxy: Proxy, now: float) -> Circuit:
        return self._circuits.setdefault(key_of(proxy), Circuit(now))


def _log_change(proxy: str, circuit: Circuit, before: CircuitState) -> None:
    """Log that the circuit of *proxy* was opened, or has closed."""
    was_closed, is_closed = (
        state is CircuitState.CLOSED for state in (before, circuit.state)
    )
    if was_closed and not is_closed:
        log.warning("proxy_down", proxy=proxy, why=circuit.why)
    elif is_closed and not was_closed:
        log.info("proxy_up", proxy=proxy)


def _find_time_sent(times: Times, now: float) -> float:
    """When the INVITE was sent; *now* for one that was not, as without a connection."""
    return now if times.invite is None else times.invite


def _measure_wait_s(times: Times, now: float) -> float:
    """How many seconds an INVITE, which has ended now, has waited for a response."""
    return now - _find_time_sent(times, now)


def proxy_failure(event: SipEvent) -> str | None:
    """Why *event* shows that the proxy of the call has failed; None: it does not.

    Only a timeout, a failed transport, and 503 (RFC 3261 §21.5.4) do: any other response
    comes from a party behind the proxy, which has done its work then.
    """
    if not isinstance(event, Ended) or event.times.answered is not None:
        return None
    if event.origin in (Origin.LOCAL_TIMER, Origin.LOCAL_TRANSPORT):
        return event.origin.value
    is_503 = event.origin is Origin.REMOTE and event.status == _UNAVAILABLE
    return "503" if is_503 else None


def rest_s(event: SipEvent) -> float | None:
    """The seconds of Retry-After in a 503 of the proxy (RFC 3261 §21.5.4).

    None if *event* is not such a response, or asks for no time.
    """
    if proxy_failure(event) != "503" or not isinstance(event, Ended):
        return None
    response = event.response
    if response is None:
        return None
    return parse_retry_after(response.value("Retry-After")) or None
