"""What is shown of a proxy, put together of what each process knows."""

from engine.monitoring.overview import SHOWN_PROXIES, most_telling
from engine.monitoring.proxy_status import ProxyReport, proxy_view
from engine.platform.objects import Proxy
from engine.platform.pauses import Pause
from engine.telemetry.proxy_statistics import ProxyCounts, ProxyError, TrunkState

EAST = Proxy(id="east", address="sip:192.0.2.1", call_limit=7)
EPOCH = "1970-01-01T00:00:{:02}+00:00"


def report(
    state: TrunkState = TrunkState.UP,
    *,
    since: float | None = None,
    why: str = "",
    calls: int = 0,
    answered: int = 0,
    failed: int = 0,
    errors: tuple[ProxyError, ...] = (),
) -> ProxyReport:
    counts = ProxyCounts()
    for is_answered in [True] * answered + [False] * failed:
        counts.count(is_answered=is_answered, delay_s=0.2 if is_answered else None)
    return ProxyReport("east", state, since, why, calls, counts, errors)


def test_a_proxy_of_which_nobody_reports_is_up() -> None:
    view = proxy_view(EAST, None, [])

    assert (view.state, view.since, view.why, view.by) == ("up", None, "", None)
    assert (view.limit, view.calls, view.attempts) == (7, 0, 0)
    assert view.answer_seizure_ratio is None
    assert (view.post_dial_delay.median, view.post_dial_delay.p95) == (None, None)


def test_counters_add_up_and_the_worst_state_is_shown() -> None:
    failure = ProxyError(9.0, 503, "Busy")
    view = proxy_view(
        EAST,
        None,
        [
            report(calls=2, answered=3, errors=(ProxyError(1.0, 408, "Timeout"),)),
            report(TrunkState.DOWN, since=5.0, why="503", failed=1, errors=(failure,)),
            report(TrunkState.PROBING, since=4.0, why="408", calls=1),
        ],
    )

    assert (view.state, view.since, view.why) == ("down", EPOCH.format(5), "503")
    assert (view.calls, view.attempts, view.answered) == (3, 4, 3)
    assert view.answer_seizure_ratio == 0.75
    assert (view.post_dial_delay.median, view.post_dial_delay.p95) == (150, 195)
    assert [(it.at, it.status, it.reason) for it in view.errors] == [
        (EPOCH.format(9), 503, "Busy"),
        (EPOCH.format(1), 408, "Timeout"),
    ]


def test_a_pause_stands_above_what_was_heard() -> None:
    pause = Pause("proxy", "east", 3.0, "maintenance", "alice")
    view = proxy_view(EAST, pause, [report(TrunkState.DOWN, since=5.0, why="503")])

    assert (view.state, view.since) == ("draining", EPOCH.format(3))
    assert (view.why, view.by) == ("maintenance", "alice")


def test_the_page_shows_those_that_are_not_up_before_all_others() -> None:
    views = [
        proxy_view(
            Proxy(id=f"p{number:02}", address="sip:192.0.2.1"),
            None,
            [report(TrunkState.DOWN if number == 40 else TrunkState.UP, calls=number)],
        )
        for number in range(41)
    ]

    shown = [view.id for view in most_telling(views)]

    first = 41 - SHOWN_PROXIES
    assert shown == [f"p{number:02}" for number in range(first, 41)]
