"""Choice by priority and weight, and what being down means for it."""

from collections import Counter
from random import Random

import pytest

from engine.admission.proxy_selection import select_proxy
from engine.platform.objects import Proxy

DRAWS = 20_000


def proxy(name: str, weight: int = 1, priority: int = 10, **fields: object) -> Proxy:
    return Proxy.model_validate(
        {
            "id": name,
            "address": "sip:192.0.2.1",
            "weight": weight,
            "priority": priority,
            **fields,
        }
    )


A, B, C = proxy("a", 50), proxy("b", 20), proxy("c", 30)
LATER = proxy("later", 1000, priority=20)
GROUP = (A, B, C, LATER)


def shares(down: set[str]) -> dict[str, float]:
    random = Random(1)
    counts: Counter[str] = Counter()
    for _ in range(DRAWS):
        chosen = select_proxy(GROUP, lambda member: member.id in down, random)
        assert chosen is not None
        counts[chosen.id] += 1
    return {name: count / DRAWS for name, count in counts.items()}


@pytest.mark.parametrize(
    ("down", "expected"),
    [
        (set(), {"a": 0.5, "b": 0.2, "c": 0.3}),
        ({"a"}, {"b": 0.4, "c": 0.6}),
        ({"a", "b"}, {"c": 1.0}),
        ({"a", "b", "c"}, {"later": 1.0}),
        ({"a", "b", "c", "later"}, {"a": 0.5, "b": 0.2, "c": 0.3}),  # the last resort
    ],
)
def test_priority_then_weight(down: set[str], expected: dict[str, float]) -> None:
    # Three standard deviations of a share are about 0.011 here.
    assert shares(down) == pytest.approx(expected, abs=0.015)


def test_without_members_there_is_none() -> None:
    assert select_proxy((), lambda _: False, Random(1)) is None


def test_weights_of_zero_are_equal() -> None:
    members = (proxy("x", 0), proxy("y", 0))
    random = Random(1)

    chosen = {select_proxy(members, lambda _: False, random) for _ in range(50)}

    assert chosen == set(members)
