"""Status views: the JSON of the status resources, from statistics and objects."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, TypedDict

from msgspec import Meta

from engine.platform.objects import Objects
from engine.telemetry.statistics import Statistics

View = dict[str, object]
_CallsOf = Callable[..., View]
"""Returns the fields about calls of a scope, which is as ``Statistics.counts`` takes it."""


class SummaryView(TypedDict):
    """Calls now, and how many there may be."""

    result: Literal["OK"]
    bvrCount: Annotated[int, Meta(description="Nodes that run.")]
    activeInboundCallCount: int
    activeOutboundCallCount: int
    license: Annotated[int, Meta(description="Calls at once that are licensed.")]


class _Cumulative(TypedDict):
    cumulativeCallCount: Annotated[int, Meta(description="Calls that were answered.")]
    cumulativeInboundCallCount: int
    cumulativeOutboundCallCount: int


class _Active(TypedDict):
    activeCallCount: Annotated[int, Meta(description="Calls that have not ended.")]
    activeInboundCallCount: int
    activeOutboundCallCount: int


class HistoryView(TypedDict):
    """How many calls there were at once."""

    current: int
    highWaterHour: int
    highWaterDay: int
    highWaterWeek: int
    averageDay: float
    averageWeek: float


class _History(TypedDict):
    activeCall: HistoryView
    activeCallInbound: HistoryView
    activeCallOutbound: HistoryView


class _Named(TypedDict):
    id: str
    name: str


class ApplicationCalls(_Named, _Cumulative, _Active):
    """Calls of one application."""


class AccountCalls(_Named, _Cumulative, _Active):
    """Calls of one account."""

    applications: list[ApplicationCalls]


class ApplicationHistory(_Named, _Cumulative, _History):
    """Calls of one application, and how they came about."""


class AccountHistory(_Named, _Cumulative, _History):
    """Calls of one account, and how they came about."""

    applications: list[ApplicationHistory]


class NodeView(_Named, _Active):
    """Calls of one node."""


class LicenceView(TypedDict):
    """What is licensed, and to how many."""

    license: Annotated[int, Meta(description="Calls at once.")]
    customer: Annotated[int, Meta(description="Accounts.")]


class _Platform(TypedDict):
    result: Literal["OK"]
    bvrCount: Annotated[int, Meta(description="Nodes that run.")]
    license: LicenceView
    bvrs: list[NodeView]


class BreakdownView(_Platform, _Cumulative, _Active):
    """Calls by account, application and node."""

    totalInboundCallCount: int
    totalOutboundCallCount: Annotated[
        int, Meta(description="Attempts since the start.")
    ]
    accounts: list[AccountCalls]


class DetailView(_Platform, _Cumulative, _History):
    """The same with high-water marks and averages."""

    totalCallInboundAttempt: int
    totalCallOutboundAttempt: Annotated[
        int, Meta(description="Attempts of the last hour.")
    ]
    accounts: list[AccountHistory]


@dataclass(frozen=True, slots=True)
class NodeFigures:
    """How many calls one node carries, and may carry."""

    name: str
    calls: int
    call_limit: int
    is_draining: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """The sources of what the status resources show."""

    statistics: Statistics
    objects: Callable[[], Objects]  # as they are now
    nodes: Callable[[], Sequence[NodeFigures]]

    @property
    def licences(self) -> int:
        """How many calls are licensed; without a licence limit, what all nodes may carry."""
        calls = self.objects().licence.calls
        return sum(node.call_limit for node in self.nodes()) if calls is None else calls


def summary(status: Status) -> View:
    """The status of version 1 of the API, a ``SummaryView``."""
    active = status.statistics.counts().active
    return {
        "result": "OK",
        "bvrCount": len(status.nodes()),
        "activeInboundCallCount": 0,
        "activeOutboundCallCount": active,
        "license": status.licences,
    }


def breakdown(status: Status) -> View:
    """The status of version 2, a ``BreakdownView``; attempts count since the start."""
    attempts = status.statistics.counts().attempts
    totals: View = {"totalInboundCallCount": 0, "totalOutboundCallCount": attempts}

    def calls(*scope: str) -> View:
        counts = status.statistics.counts(*scope)
        return _view_cumulative(counts.connected) | _view_active(counts.active)

    return _by_owner(status, calls, totals)


def detail(status: Status) -> View:
    """The detailed status of version 2, a ``DetailView``; attempts are of the last hour."""
    attempts = status.statistics.history().attempts_hour
    totals: View = {"totalCallInboundAttempt": 0, "totalCallOutboundAttempt": attempts}

    def calls(*scope: str) -> View:
        cumulative = _view_cumulative(status.statistics.counts(*scope).connected)
        return cumulative | _history(status.statistics, *scope)

    return _by_owner(status, calls, totals)


def _by_owner(status: Status, calls: _CallsOf, totals: View) -> View:
    objects = status.objects()
    nodes = status.nodes()
    return {
        "result": "OK",
        "bvrCount": len(nodes),
        **calls(),
        **totals,
        "license": {"license": status.licences, "customer": len(objects.account)},
        "accounts": _accounts(objects, status.statistics.active_applications(), calls),
        "bvrs": [
            {"id": node.name, "name": node.name, **_view_active(node.calls)}
            for node in nodes
        ],
    }


def _accounts(
    objects: Objects, active: Iterable[tuple[str, str]], calls: _CallsOf
) -> list[View]:
    """All accounts with their applications; removed ones, without name, while calls last."""
    names = {account.id: account.name for account in objects.account}
    owned: dict[str, dict[str, str]] = {account.id: {} for account in objects.account}
    for application in objects.application:
        owned.setdefault(application.account, {})[application.id] = application.name
    for account_id, application_id in active:
        owned.setdefault(account_id, {}).setdefault(application_id, "")
    return [
        {
            "id": account,
            "name": names.get(account, ""),
            **calls(account),
            "applications": [
                {"id": application, "name": name, **calls(account, application)}
                for application, name in applications.items()
            ],
        }
        for account, applications in owned.items()
    ]


def _view_cumulative(connected: int) -> View:
    return {
        "cumulativeCallCount": connected,
        "cumulativeInboundCallCount": 0,
        "cumulativeOutboundCallCount": connected,
    }


def _view_active(count: int) -> View:
    return {
        "activeCallCount": count,
        "activeInboundCallCount": 0,
        "activeOutboundCallCount": count,
    }


def _history(statistics: Statistics, *scope: str) -> View:
    history = statistics.history(*scope)
    outbound = {
        "current": statistics.counts(*scope).active,
        "highWaterHour": history.high_hour,
        "highWaterDay": history.high_day,
        "highWaterWeek": history.high_week,
        "averageDay": round(history.average_day, 3),
        "averageWeek": round(history.average_week, 3),
    }
    inbound = dict.fromkeys(outbound, 0)
    return {
        "activeCall": outbound,
        "activeCallInbound": inbound,
        "activeCallOutbound": outbound,
    }
