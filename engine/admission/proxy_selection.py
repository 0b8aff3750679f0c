"""Selection of the proxy for a call. Pure."""

from collections.abc import Callable, Sequence
from random import Random

from engine.platform.objects import Proxy


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
