"""Which proxy a call is tried through, and which ones are down."""

from collections.abc import Callable, Sequence
from random import Random

import structlog

from engine.platform.objects import Proxy
from sip.events import Ended, Origin, SipEvent
from sip.retry_after import retry_after_s

MAX_REST_S = 3600.0

log = structlog.get_logger()


class ProxyHealth:
    """Which proxies this node leaves alone, and until when.

    One that is down is left alone for its retry interval, or until it answers again. One
    that asked for rest (503 with Retry-After) is left alone for that time, whatever is
    still heard of it. Times are seconds of one clock that never goes back.
    """

    def __init__(self) -> None:
        self._down_until: dict[str, float] = {}
        self._rests_until: dict[str, float] = {}

    def mark_down(self, proxy: Proxy, now: float, why: str) -> None:
        """*proxy* did not do its work: it is down for its retry interval from *now*."""
        if proxy.id not in self._down_until:
            log.warning("proxy_down", proxy=proxy.id, why=why)
        self._down_until[proxy.id] = now + proxy.down_retry_ms / 1000

    def mark_resting(self, proxy: Proxy, now: float, rest_s: float) -> None:
        """*proxy* asked to be left alone for *rest_s* from *now*: an hour at the most."""
        rest_s = min(rest_s, MAX_REST_S)
        if not self.is_resting(proxy, now):
            log.warning("proxy_rests", proxy=proxy.id, seconds=rest_s)
        self._rests_until[proxy.id] = now + rest_s

    def mark_up(self, proxy: Proxy) -> None:
        """*proxy* answered: it is up, unless it rests."""
        if self._down_until.pop(proxy.id, None) is not None:
            log.info("proxy_up", proxy=proxy.id)

    def is_resting(self, proxy: Proxy, now: float) -> bool:
        """Whether *proxy* asked for rest that is not over."""
        return self._rests_until.get(proxy.id, 0.0) > now

    def is_down(self, proxy: Proxy, now: float) -> bool:
        """Whether *proxy* is to be left alone for now."""
        is_down = self._down_until.get(proxy.id, 0.0) > now
        return is_down or self.is_resting(proxy, now)


def proxy_failure(event: SipEvent) -> str | None:
    """What *event* says against the proxy that the call went through; None: it works.

    Only silence, a transport that fails, and 503 (RFC 3261 §21.5.4) do: any other
    response is the word of somebody behind it.
    """
    if not isinstance(event, Ended) or event.times.answered is not None:
        return None
    if event.origin in (Origin.LOCAL_TIMER, Origin.LOCAL_TRANSPORT):
        return event.origin.value
    is_503 = event.origin is Origin.REMOTE and event.status == 503
    return "503" if is_503 else None


def rest_s(event: SipEvent) -> float | None:
    """For how many seconds the proxy behind *event* wants to be left alone (RFC 3261 §21.5.4).

    None where *event* is no failure of it, or does not say.
    """
    if proxy_failure(event) != "503" or not isinstance(event, Ended):
        return None
    response = event.response
    return None if response is None else retry_after_s(response.value("Retry-After"))


def select_proxy(
    members: Sequence[Proxy], is_down: Callable[[Proxy], bool], random: Random
) -> Proxy | None:
    """One of *members*: of the lowest priority number that is up, by weight.

    Where all are down one of them is tried all the same. None without members.
    """
    candidates = [proxy for proxy in members if not is_down(proxy)] or list(members)
    if len(candidates) < 2:
        return candidates[0] if candidates else None
    preferred = min(proxy.priority for proxy in candidates)
    best = [proxy for proxy in candidates if proxy.priority == preferred]
    weights = [proxy.weight for proxy in best]
    return random.choices(best, weights if any(weights) else None)[0]
