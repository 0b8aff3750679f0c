"""RFC 9111, as far as a private cache needs it."""

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.fetch.http_cache import HEURISTIC_MAX_S, is_storable, policy_of

NOW = 1_700_000_000.0


def at(seconds: float) -> str:
    """The HTTP date that many seconds from NOW."""
    return formatdate(NOW + seconds, usegmt=True)


LIFETIMES = [
    ({}, 0),
    ({"cache-control": "max-age=60"}, 60),
    ({"cache-control": "public, MAX-AGE = 60"}, 60),
    ({"cache-control": 'max-age="60"'}, 60),
    ({"cache-control": "max-age=60, max-age=5"}, 60),
    ({"cache-control": "max-age=99999999999999999999999"}, 2**31),
    ({"cache-control": "max-age=-1"}, 0),
    ({"cache-control": "max-age=sixty", "expires": at(60)}, 0),
    ({"cache-control": "max-age"}, 0),
    ({"cache-control": "s-maxage=60"}, 0),  # not ours: for shared caches
    ({"cache-control": "s-maxage=1, max-age=60"}, 60),
    ({"cache-control": "no-cache, max-age=60"}, 0),
    ({"cache-control": 'no-cache="a, max-age=5", max-age=60'}, 0),
    ({"cache-control": 'private="a, max-age=5", max-age=60'}, 60),
    ({"expires": at(60)}, 60),
    ({"expires": at(60), "date": at(-30)}, 90),
    ({"expires": at(-60)}, 0),
    ({"expires": "0"}, 0),
    ({"expires": at(60), "cache-control": "max-age=5"}, 5),
    ({"last-modified": at(-100)}, 10),
    ({"last-modified": at(-100), "date": at(-50)}, 5),
    ({"last-modified": at(-1e6)}, HEURISTIC_MAX_S),
    ({"last-modified": at(100)}, 0),
    ({"last-modified": at(-100), "expires": "never"}, 0),
    ({"last-modified": at(-100), "cache-control": "no-cache"}, 0),
]


@pytest.mark.parametrize(("headers", "expected"), LIFETIMES)
def test_lifetime(headers: dict[str, str], expected: float) -> None:
    assert policy_of(headers, NOW, 0.0).lifetime_s == pytest.approx(expected)


@pytest.mark.parametrize(
    ("headers", "delay_s", "expected"),
    [
        ({}, 0.0, 0),
        ({}, 2.0, 2),
        ({"age": "10"}, 2.0, 12),
        ({"date": at(-30), "age": "10"}, 2.0, 30),
        ({"date": at(+30)}, 0.0, 0),  # their clock is ahead
        ({"age": "x"}, 1.0, 1),
    ],
)
def test_age_on_arrival(
    headers: dict[str, str], delay_s: float, expected: float
) -> None:
    assert policy_of(headers, NOW, delay_s).initial_age_s == expected


USES = [
    # Cache-Control of the answer, age, max-age and max-stale of the request
    ("max-age=60", 59, None, None, True),
    ("max-age=60", 60, None, None, False),
    ("max-age=60", 59, 59, None, True),
    ("max-age=60", 59, 58, None, False),
    ("max-age=60", 0, 0, None, True),
    ("max-age=60", 1, 0, None, False),
    ("max-age=60", 70, None, 10, True),
    ("max-age=60", 71, None, 10, False),
    ("max-age=60", 70, 65, 10, False),
    ("max-age=60", 70, 70, 10, True),
    ("max-age=60, must-revalidate", 59, None, 10, True),
    ("max-age=60, must-revalidate", 61, None, 10, False),
    ("max-age=60, proxy-revalidate", 61, None, 10, True),
    ("max-age=60, no-cache", 0, None, 10, False),
]


@pytest.mark.parametrize(("control", "age", "max_age", "max_stale", "expected"), USES)
def test_use(
    control: str,
    age: float,
    max_age: float | None,
    max_stale: float | None,
    expected: bool,
) -> None:
    policy = policy_of({"cache-control": control}, NOW, 0.0)

    assert policy.is_usable(age, max_age, max_stale) is expected


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (200, {}, True),
        (308, {}, True),
        (206, {}, False),
        (404, {}, False),
        (200, {"cache-control": "max-age=60, No-Store"}, False),
        (200, {"cache-control": "private"}, True),
        (200, {"vary": "*"}, False),
        (200, {"vary": "accept, *"}, False),
        (200, {"vary": "accept-encoding"}, True),
    ],
)
def test_storable(status: int, headers: dict[str, str], expected: bool) -> None:
    assert is_storable(status, headers) is expected


def test_conditions() -> None:
    both = {"etag": 'W/"1"', "last-modified": at(-5)}

    assert policy_of(both, NOW, 0.0).conditions() == {
        "If-None-Match": 'W/"1"',
        "If-Modified-Since": at(-5),
    }
    assert policy_of({}, NOW, 0.0).conditions() == {}


def test_renewed() -> None:
    old = {"etag": '"1"', "cache-control": "max-age=60", "age": "50", "date": at(-99)}
    later = NOW + 500

    silent = policy_of(old, NOW, 0.0).renew({}, later, 0.0)
    other = policy_of(old, NOW, 0.0).renew(
        {"cache-control": "max-age=5", "age": "2"}, later, 0.0
    )

    assert (silent.lifetime_s, silent.initial_age_s) == (60, 0)
    assert (other.lifetime_s, other.initial_age_s) == (5, 2)
    assert other.conditions() == {"If-None-Match": '"1"'}


FIELDS = st.dictionaries(
    st.sampled_from(["cache-control", "expires", "date", "age", "last-modified"]),
    st.one_of(
        st.text(max_size=40),
        st.floats(-1e9, 1e9).map(at),
        st.lists(
            st.sampled_from(["no-cache", "no-store", "must-revalidate", "max-age=9"])
        ).map(", ".join),
        st.integers().map("max-age={}".format),
        st.integers().map(str),
    ),
)
AGES = st.floats(0, 1e6)


@given(FIELDS, AGES, AGES, st.none() | AGES, st.none() | AGES)
def test_whatever_a_server_says(
    headers: dict[str, str],
    age: float,
    later: float,
    max_age: float | None,
    max_stale: float | None,
) -> None:
    policy = policy_of(headers, NOW, 0.0)

    assert policy.lifetime_s >= 0
    assert policy.initial_age_s >= 0
    if not policy.is_usable(age, max_age, max_stale):  # nothing becomes young again
        assert not policy.is_usable(age + later, max_age, max_stale)
    if policy.is_never_stale and policy.is_usable(age, max_age, max_stale):
        assert age < policy.lifetime_s
