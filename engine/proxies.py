"""Which proxy a call is tried through, and which ones are down."""

from collections.abc import Callable, Sequence
from random import Random

import structlog

from sip.events import Ended, Origin, SipEvent

from .objects import Proxy

log = structlog.get_logger()


class ProxyHealth:
    """Which proxies this node found to be down, each until its retry interval has passed.

    Times are seconds of one clock that never goes back.
    """

    def __init__(self) -> None:
        self._down_until: dict[str, float] = {}

    def failed(self, proxy: Proxy, now: float, why: str) -> None:
        """*proxy* did not do its work: it is down for its retry interval from *now*."""
        if proxy.id not in self._down_until:
            log.warning("proxy_down", proxy=proxy.id, why=why)
        self._down_until[proxy.id] = now + proxy.down_retry_ms / 1000

    def worked(self, proxy: Proxy) -> None:
        """*proxy* answered: it is up."""
        if self._down_until.pop(proxy.id, None) is not None:
            log.info("proxy_up", proxy=proxy.id)

    def is_down(self, proxy: Proxy, now: float) -> bool:
        """Whether *proxy* is to be left alone for now."""
        return self._down_until.get(proxy.id, 0.0) > now


def failure(event: SipEvent) -> str | None:
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


def choose(
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
