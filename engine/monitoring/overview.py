"""Overview: the values that the live page shows."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from engine.admission.ledger import Ledger, LedgerError
from engine.admission.limits import capacities_of
from engine.config.redaction import mask_address
from engine.model.call_record import CallRecord, HowEnded
from engine.model.disposition import Disposition
from engine.records.record_view import Milliseconds, state_of
from engine.telemetry.proxy_statistics import TrunkState
from engine.telemetry.webhook_totals import WebhookTotals

from .proxy_status import ProxyStatus, ProxyStatusView
from .samples import Point, Rates, Samples
from .status_views import Status

SHOWN_SLOTS = 30  # limits on the page, the fullest ones
SHOWN_PROXIES = 30  # on the page
ASKED_SLOTS = 100  # limits that are looked at: in a cluster each asks Redis
Epoch = Annotated[float, Meta(description="Seconds since 1970.")]


class RatesView(msgspec.Struct):
    """Per second."""

    second: Annotated[float, Meta(description="Of the last second.")]
    minute: Annotated[float, Meta(description="Of the last minute.")]


class OutcomeView(msgspec.Struct, rename="camel"):
    """How often something came of what was asked for."""

    result: str
    sip_status: Annotated[int | None, Meta(description="Of an INVITE that failed.")]
    disposition: Annotated[
        Disposition | None,
        Meta(description="Null for an application that has started."),
    ]
    minute: Annotated[int, Meta(description="In the last minute.")]
    hour: Annotated[int, Meta(description="In the last hour.")]


class SlotsView(msgspec.Struct):
    """How many calls at once something carries, and may."""

    scope: Annotated[str, Meta(description="licence, account, application or proxy.")]
    name: str
    held: int
    limit: int


class LiveNodeView(msgspec.Struct, rename="camel"):
    """One node."""

    name: str
    calls: int
    limit: int
    is_draining: bool


class WebhooksView(msgspec.Struct):
    """How the webhooks of the platform stand."""

    waiting: Annotated[int, Meta(description="Events that they have not taken yet.")]
    failing: Annotated[
        int, Meta(description="Webhooks that have refused what was posted last.")
    ]


@dataclass(frozen=True, slots=True)
class Health:
    """How this process is: whether it reaches database and Redis; None: there is no Redis."""

    name: str
    database: bool
    redis: bool | None
    is_draining: bool


class PointView(msgspec.Struct, array_like=True):
    """One second of the chart."""

    calls: int
    attempts: float
    answers: float


class LiveState(msgspec.Struct, rename="camel"):
    """What is true now."""

    name: Annotated[str, Meta(description="Of the process that is asked.")]
    now: Annotated[Epoch, Meta(description="By its clock.")]
    database: Annotated[bool, Meta(description="It takes what is written.")]
    redis: Annotated[bool | None, Meta(description="It answers; null: there is none.")]
    is_draining: bool
    calls: int
    states: Mapping[str, int]
    attempts: RatesView
    answers: RatesView
    outcomes: list[OutcomeView]
    slots: Annotated[
        list[SlotsView], Meta(description="Of what is limited, the fullest first.")
    ]
    nodes: list[LiveNodeView]
    proxies: Annotated[
        list[ProxyStatusView], Meta(description="The most telling of them.")
    ]
    webhooks: Annotated[WebhooksView | None, Meta(description="Null: there are none.")]
    point: PointView


class LiveCall(msgspec.Struct, rename="camel"):
    """One of the last calls or refused requests."""

    id: str
    application_uuid: Annotated[
        str | None, Meta(description="What the calls resource finds it by.")
    ] = msgspec.field(name="applicationUUID")
    at: Annotated[Epoch, Meta(description="When something became of it last.")]
    application: str | None
    to: Annotated[str | None, Meta(description="All but its end is hidden.")]
    state: str
    result: str | None
    disposition: Disposition | None
    application_end: HowEnded | None
    sip_status: int | None
    answered: Epoch | None
    duration: Milliseconds | None
    node: str


@dataclass(frozen=True, slots=True)
class Overview:
    """Puts together what the live page shows, from the sources that it is given."""

    status: Status
    samples: Samples
    ledger: Ledger
    health: Callable[[], Health]
    states: Callable[[], Mapping[str, int]]  # number of calls by state
    proxies: ProxyStatus
    webhooks: Callable[[], WebhookTotals | None]

    async def state(self) -> LiveState:
        """The current state of the platform."""
        health, nodes = self.health(), self.status.nodes()
        now, minute = self.samples.last_second(), self.samples.last_minute()
        calls = self.status.statistics.counts().active
        return LiveState(
            name=health.name,
            now=time.time(),
            database=health.database,
            redis=health.redis,
            is_draining=health.is_draining,
            calls=calls,
            states=self.states(),
            attempts=RatesView(now.attempts, minute.attempts),
            answers=RatesView(now.answers, minute.answers),
            outcomes=self._outcomes(),
            slots=await self._slots(),
            nodes=[
                LiveNodeView(node.name, node.calls, node.call_limit, node.is_draining)
                for node in nodes
            ],
            proxies=most_telling(await self.proxies.views()),
            webhooks=self._webhooks(),
            point=_point(Point(calls, now)),
        )

    def history(self) -> list[PointView]:
        """One point for each of the last 300 seconds, the oldest first."""
        return [_point(point) for point in self.samples.points()]

    def _outcomes(self) -> list[OutcomeView]:
        minute, hour = (
            self.samples.outcomes_of_minute(),
            self.samples.outcomes_of_hour(),
        )
        return [
            OutcomeView(
                result, sip_status, _optional(Disposition, word), minute[outcome], count
            )
            for outcome, count in hour.most_common()
            for result, sip_status, word in [outcome]
        ]

    def _webhooks(self) -> WebhooksView | None:
        totals = self.webhooks()
        return None if totals is None else WebhooksView(totals.waiting, totals.failing)

    async def _slots(self) -> list[SlotsView]:
        """The limits with the calls that count towards them; empty while Redis is away."""
        views = []
        try:
            for capacity in capacities_of(self.status.objects())[:ASKED_SLOTS]:
                scope, _, name = capacity.name.partition(":")  # the licence has no name
                held = await self.ledger.count_leases(capacity.name)
                views.append(SlotsView(scope, name, held, capacity.limit))
        except LedgerError:
            return []
        views.sort(key=_fullness, reverse=True)
        return views[:SHOWN_SLOTS]


def call_view(record: CallRecord) -> LiveCall:
    """Make *record* a line of the page, with the callee's number masked."""
    answered, ended = record.answered, record.ended
    is_over = answered is not None and ended is not None
    return LiveCall(
        id=record.id,
        application_uuid=record.application_uuid,
        at=ended or answered or record.received,
        application=record.application,
        to=None if record.to is None else mask_address(record.to),
        state=state_of(record),
        result=record.result,
        disposition=_optional(Disposition, record.disposition),
        application_end=_optional(HowEnded, record.application_end),
        sip_status=record.sip_status,
        answered=answered,
        duration=round((ended - answered) * 1000) if is_over else None,  # type: ignore[operator]
        node=record.node,
    )


Word = TypeVar("Word", bound=StrEnum)


def _optional(words: type[Word], text: str | None) -> Word | None:
    return None if text is None else words(text)


def most_telling(proxies: list[ProxyStatusView]) -> list[ProxyStatusView]:
    """The ``SHOWN_PROXIES`` that are not up or carry the most, in the order of their ids."""
    telling = sorted(
        proxies,
        key=lambda it: (it.state is TrunkState.UP, -it.calls, -it.attempts),
    )
    return sorted(telling[:SHOWN_PROXIES], key=lambda it: it.id)


def _point(point: Point) -> PointView:
    rates: Rates = point.rates
    return PointView(point.calls, rates.attempts, rates.answers)


def _fullness(slots: SlotsView) -> float:
    return slots.held / slots.limit if slots.limit else float("inf")
