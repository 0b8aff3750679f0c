"""Selection of the proxy for a call, and which proxies are down or resting."""

from collections.abc import Callable, Iterable, Sequence
from random import Random

import structlog

from engine.platform.objects import Proxy
from sip.events import Ended, Origin, SipEvent
from sip.retry_after import parse_retry_after

MAX_REST_S = 3600.0

log = structlog.get_logger()


_Key = tuple[str, str]


def _key_of(proxy: Proxy) -> _Key:
    return proxy.id, proxy.address


class ProxyHealth:
    """Which proxies this node does not use, and until when.

    A proxy that is down is not used for its retry interval, or until it answers again.
    One that asked for rest (503 with Retry-After) is not used for that time, even if it
    answers meanwhile. What is known belongs to the address of the proxy: with another
    one it begins anew. Times are seconds of one clock that never goes back.
    """

    def __init__(self) -> None:
        self._down_until: dict[_Key, float] = {}
        self._rests_until: dict[_Key, float] = {}

    def on_leg_event(self, proxy: Proxy, event: SipEvent, now: float) -> None:
        """Mark *proxy* up, down or resting, as *event* of a leg through it shows.

        To be called with every event of the leg: whatever does not show that the proxy has
        failed shows that it works. Only the end of a leg that we have cancelled says
        nothing, since the proxy may have been silent.
        """
        if isinstance(event, Ended) and event.origin is Origin.LOCAL_CANCEL:
            return
        if (seconds := rest_s(event)) is not None:
            self.mark_resting(proxy, now, seconds)
        elif why := proxy_failure(event):
            self.mark_down(proxy, now, why)
        else:
            self.mark_up(proxy)

    def mark_down(self, proxy: Proxy, now: float, why: str) -> None:
        """Do not use *proxy* for its retry interval from *now*; *why* goes to the log."""
        if _key_of(proxy) not in self._down_until:
            log.warning("proxy_down", proxy=proxy.id, why=why)
        self._down_until[_key_of(proxy)] = now + proxy.down_retry_ms / 1000

    def mark_resting(self, proxy: Proxy, now: float, rest_s: float) -> None:
        """Do not use *proxy* for *rest_s* seconds from *now*, ``MAX_REST_S`` at most."""
        rest_s = min(rest_s, MAX_REST_S)
        if not self.is_resting(proxy, now):
            log.warning("proxy_rests", proxy=proxy.id, seconds=rest_s)
        self._rests_until[_key_of(proxy)] = now + rest_s

    def mark_up(self, proxy: Proxy) -> None:
        """Use *proxy* again, since it answered; one that rests goes on resting."""
        if self._down_until.pop(_key_of(proxy), None) is not None:
            log.info("proxy_up", proxy=proxy.id)

    def is_resting(self, proxy: Proxy, now: float) -> bool:
        """Whether *proxy* asked for rest, and that time is not over at *now*."""
        return self._rests_until.get(_key_of(proxy), 0.0) > now

    def is_down(self, proxy: Proxy, now: float) -> bool:
        """Whether *proxy* is down or resting at *now*."""
        is_resting = self.is_resting(proxy, now)
        return is_resting or self._down_until.get(_key_of(proxy), 0.0) > now

    def keep_only(self, proxies: Iterable[Proxy]) -> None:
        """Forget all that are not among *proxies*, those of the platform as it is now."""
        if not self._down_until and not self._rests_until:
            return
        kept = set(map(_key_of, proxies))
        for known in (self._down_until, self._rests_until):
            for key in known.keys() - kept:
                del known[key]


def proxy_failure(event: SipEvent) -> str | None:
    """Why *event* shows that the proxy of the call has failed; None: it does not.

    Only a timeout, a failed transport, and 503 (RFC 3261 §21.5.4) do: any other response
    comes from a party behind the proxy, which has done its work then.
    """
    if not isinstance(event, Ended) or event.times.answered is not None:
        return None
    if event.origin in (Origin.LOCAL_TIMER, Origin.LOCAL_TRANSPORT):
        return event.origin.value
    is_503 = event.origin is Origin.REMOTE and event.status == 503
    return "503" if is_503 else None


def rest_s(event: SipEvent) -> float | None:
    """The seconds of Retry-After in a 503 of the proxy (RFC 3261 §21.5.4).

    None if *event* is not such a response, or has no Retry-After.
    """
    if proxy_failure(event) != "503" or not isinstance(event, Ended):
        return None
    response = event.response
    return (
        None if response is None else parse_retry_after(response.value("Retry-After"))
    )


def select_proxy(
    members: Sequence[Proxy], is_down: Callable[[Proxy], bool], random: Random
) -> Proxy | None:
    """Choose among the *members* that are up and have the lowest priority number, by weight.

    If all are down, all are candidates: a call that might fail is better than none. If
    all weights are 0, they count as equal. Returns None if there are no members.
    """
    candidates = [proxy for proxy in members if not is_down(proxy)] or list(members)
    if len(candidates) < 2:
        return candidates[0] if candidates else None
    preferred = min(proxy.priority for proxy in candidates)
    best = [proxy for proxy in candidates if proxy.priority == preferred]
    weights = [proxy.weight for proxy in best]
    return random.choices(best, weights if any(weights) else None)[0]
