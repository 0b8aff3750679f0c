"""Metrics: the names, help texts, labels and buckets of everything at ``/metrics``.

Events are counted in attributes of ``Metrics`` when they happen. Figures of the current
moment are passed in with ``Now`` when somebody scrapes, so that calls do not pay for
them. Labels come from closed sets only: no number, key or text of a request or a far
end is one.
"""

import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.metadata import version
from itertools import accumulate

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.utils import floatToGoString

from engine.model.campaign import AttemptOutcome
from engine.model.disposition import Conclusion, Disposition
from engine.model.fault import Fault
from sip.agent import RefusedRequests
from sip.audio_stream import StreamEnd, StreamFacts
from sip.errors import AgentConfigurationError
from sip.events import Origin
from sip.pjsip.build_info import build_info

from .proxy_statistics import DELAYS_S, OTHER, ProxyCounts, ProxyStatistics, TrunkState

MAX_NAMES = 100
"""Applications, and webhooks, that are told apart in labels; those beyond are ``OTHER``."""
NO_APPLICATION = "none"  # the label of what belongs to no application
WAIT_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60)
LATENCY_S = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, *WAIT_S)
BUFFERED_S = (0.1, 0.5, 1, 2, 5, 10, 20, 40, 60, 90)
CLEAR_S = (0.005, 0.01, 0.02, 0.03, 0.04, 0.06, 0.1, 0.25)
REQUEST_S = (0.005, *WAIT_S, 120, 300)

disable_created_metrics()  # type: ignore[no-untyped-call]  # creation times would double the lines


class Act(StrEnum):
    """What a watchdog has done: the label ``act``."""

    FORCED_END = "forced_end"  # we hung up, and the end was never confirmed
    LOST_END = "lost_end"  # the far end had ended the leg, and PJSIP did not report it
    HANG_UP_REPORT = "hang_up_report"  # we hung up, and reported the end unconfirmed
    SESSION_END = "session_end"  # a CCXML session that is too old, or idle, must end


class DialogEnd(StrEnum):
    """How a dialog of a document ended: the label ``end``."""

    EXIT = "exit"
    REFUSED = "refused"  # it could not be prepared or started
    DIED = "died"  # it had started, and could not go on


class DeliveryOutcome(StrEnum):
    """What a try to deliver an event to a webhook has come to: the label ``outcome``."""

    TAKEN = "taken"
    REFUSED = "refused"  # it is tried again
    FAILED = "failed"  # it was refused, and is given up


class RecordingOutcome(StrEnum):
    """What has become of a recording of a call: the label ``outcome``."""

    RECORDED = "recorded"  # its file is complete
    FAILED = "failed"  # it could not begin, or not go on
    UPLOADED = "uploaded"
    REFUSED = "refused"  # an upload has failed, and is tried again
    GIVEN_UP = "given_up"  # its upload is not tried again; the file stays
    DELETED = "deleted"  # a file or an object


class ConnectionLimit(StrEnum):
    """The limit by which an HTTP connection was refused: the label ``limit``."""

    ALL = "all"  # on all of them
    ADDRESS = "address"  # on those from its address


class Awaited(StrEnum):
    """What an HTTP client still has to do; each has a time limit. The label ``awaited``."""

    HANDSHAKE = "handshake"  # finish that of TLS
    HEAD = "head"  # send the rest of a head, or the first request at all
    BODY = "body"  # send the rest of a body
    REQUEST = "request"  # ask for anything again
    READING = "reading"  # read what it was sent


class Labelled(dict[tuple[str, ...], Counter]):
    """The counters of one metric by label values, created when they are first used."""

    def __init__(self, counter: Counter, known: Iterable[tuple[str, ...]] = ()) -> None:
        """Counters of *known* label values are exposed from the start, with 0."""
        super().__init__()
        self._counter = counter
        for labels in known:
            self[labels] = counter.labels(*labels)

    def __missing__(self, labels: tuple[str, ...]) -> Counter:
        counter = self[labels] = self._counter.labels(*labels)
        return counter


@dataclass(frozen=True, slots=True)
class SessionMetrics:
    """What is counted of the sessions of one language."""

    sessions: Counter
    errors: Counter


@dataclass(frozen=True, slots=True)
class LatencyMetrics:
    """How long each step of requests and calls takes, in seconds."""

    request_to_invite: Histogram
    answer_to_response: Histogram
    request: Histogram
    queue_wait: Histogram
    delivery: Histogram


@dataclass(frozen=True, slots=True)
class HttpMetrics:
    """What is counted of HTTP connections; the labels are ``limit`` and ``awaited``."""

    connections_refused: Labelled
    timeouts: Labelled
    malformed_requests: Counter


class ExportTarget(StrEnum):
    """To what events are exported: the label ``target``."""

    NATS = "nats"
    OTEL = "otel"  # the ends of calls become spans


@dataclass(frozen=True, slots=True)
class ExportMetrics:
    """What is counted of exports; the label is ``target``."""

    events: Labelled
    failures: Labelled


@dataclass(frozen=True, slots=True)
class StreamMetrics:
    """What is counted of audio streams that are over; the labels are ``frames`` and ``end``."""

    frames: Labelled
    ends: Labelled
    reconnects: Counter
    clear: Histogram
    buffered: Histogram


@dataclass(frozen=True, slots=True)
class EventMetrics:
    """What is counted of the ways of events, and of attempts, by which campaigns follow them.

    The labels of ``deliveries`` are ``webhook`` and ``outcome``, those of ``attempts``
    ``campaign`` and ``outcome``.
    """

    exports: ExportMetrics
    deliveries: Labelled
    attempts: Labelled


@dataclass(frozen=True, slots=True)
class RecordingMetrics:
    """What is counted of recordings of calls; the label is ``outcome``."""

    outcomes: Labelled


@dataclass(frozen=True, slots=True)
class MediaMetrics:
    """What is counted of what calls say and hear; the label of ``dialogs`` is ``end``."""

    dialogs: Labelled
    streams: StreamMetrics
    recordings: RecordingMetrics


@dataclass(frozen=True, slots=True)
class ExportFigures:
    """Whether this process exports, and how many events *waiting* are not exported yet."""

    is_active: bool
    waiting: int


@dataclass(frozen=True, slots=True)
class Slots:
    """One limit on concurrent calls, such as ``account:acme``; *held* is None if unknown."""

    name: str
    held: int | None
    limit: int


@dataclass(frozen=True, slots=True)
class Lag:
    """How long posted work waits for each thread, in seconds.

    *waited* and *refused* count the requests that were delayed or refused because of
    it.
    """

    loop_s: float
    sip_s: float
    waited: int
    refused: int


@dataclass(frozen=True, slots=True)
class ProxyFigures:
    """One proxy: its *state* is None where proxies are counted together."""

    state: TrunkState | None
    calls: int
    counts: ProxyCounts


@dataclass(frozen=True, slots=True)
class WebhookFigures:
    """The events for a webhook that it has not taken yet, and the age of the oldest in
    seconds; 0 without any.
    """

    waiting: int
    oldest_s: float


@dataclass(frozen=True, slots=True)
class Now:
    """Figures of this moment, and counters that others keep."""

    calls: Mapping[str, int]  # by state
    slots: Sequence[Slots]
    leases_lapsed: int
    ccxml_sessions: int
    vxml_sessions: int
    streams: int
    http_connections: int
    records_waiting: int
    records_lost: int
    malformed: Mapping[str, int]  # received messages, by what became of them
    background_restarts: Mapping[str, int]  # by task
    lag: Lag
    refused_requests: Sequence[RefusedRequests]
    proxies: Mapping[str, ProxyFigures]
    webhooks: Mapping[str, WebhookFigures]
    exports: Mapping[str, ExportFigures]  # by target, of those that are on
    campaign_lines: Mapping[str, int]  # of campaigns that this process runs


@dataclass(frozen=True, slots=True)
class _Names:
    """The names that are told apart in labels, as they came."""

    applications: set[str] = field(default_factory=set)
    webhooks: set[str] = field(default_factory=set)
    campaigns: set[str] = field(default_factory=set)


def _label(name: str, told_apart: set[str]) -> str:
    """Return the label of *name*: itself if it is one of the first that came."""
    if name in told_apart:
        return name
    if len(told_apart) >= MAX_NAMES:
        return OTHER
    told_apart.add(name)
    return name


class Metrics:
    """Everything that one process has counted since its start. Times are in seconds."""

    def __init__(self) -> None:
        self.proxies = ProxyStatistics()
        """What became of the INVITEs through each proxy."""
        self._told_apart = _Names()
        self._registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._registry)
        self.requests = self._add_counters(
            "outring_requests_total",
            "Outbound requests that were answered.",
            ("action", "result"),
        )
        self.responses = self._add_counters(
            "outring_sip_responses_total",
            "Final responses to INVITEs, and what stands for one that never came.",
            ("status", "origin"),
        )
        self.failures = self._add_counters(
            "outring_failures_total",
            "Calls that were not answered, and requests that were refused, by whose fault.",
            ("fault",),
            [(fault,) for fault in Fault],
        )
        self.outcomes = self._add_counters(
            "outring_outcomes_total",
            "Calls and refused requests, by what has become of them.",
            ("application", "disposition"),
            [(NO_APPLICATION, disposition) for disposition in Disposition],
        )
        self.watchdog_acts = self._add_counters(
            "outring_watchdog_acts_total",
            "Ends that a watchdog had to see to.",
            ("act",),
            [(act,) for act in Act],
        )
        self.latencies = self._add_latencies()
        self.ccxml = self._add_sessions("ccxml", "CCXML")
        self.vxml = self._add_sessions("vxml", "VoiceXML")
        self.slow_steps = self._add_counter(
            "outring_slow_steps_total",
            "Steps of documents that took longer than 20 ms of computing.",
        )
        self.media = self._add_media()
        self.http = self._add_http()
        self.events = self._add_events()

    def count_response(self, status: int, origin: Origin) -> None:
        """Count the final response to an INVITE; *origin* says who has ended the leg.

        A *status* outside 100 to 699, which a far end may send, is counted as
        ``other``.
        """
        known = str(status) if 100 <= status <= 699 else "other"
        self.responses[known, origin].inc()

    def count_failure(self, fault: Fault | None) -> None:
        """Count a failed call or request by whose *fault* it is; None is no failure."""
        if fault is not None:
            self.failures[fault,].inc()

    def count_disposition(
        self, conclusion: Conclusion | None, application: str | None
    ) -> None:
        """Count what a call or request of *application* has come to.

        None for *conclusion*: that is not known yet. None for *application*: it has none.
        """
        if conclusion is not None:
            label = NO_APPLICATION
            if application is not None:
                label = _label(application, self._told_apart.applications)
            self.outcomes[label, conclusion.disposition].inc()

    def count_stream(self, end: StreamEnd, facts: StreamFacts) -> None:
        """Count an audio stream that is over, and what went over it."""
        streams = self.media.streams
        streams.ends[end,].inc()
        streams.reconnects.inc(facts.reconnects)
        for kind, count in (
            ("to_server", facts.frames_to_server),
            ("from_server", facts.frames_from_server),
            ("dropped", facts.frames_dropped),
            ("late", facts.frames_late),
        ):
            streams.frames[kind,].inc(count)
        if facts.frames_from_server:
            streams.buffered.observe(facts.max_buffered_ms / 1000)
        if facts.clears:
            streams.clear.observe(facts.max_clear_ms / 1000)

    def count_delivery(self, webhook: str, outcome: DeliveryOutcome) -> None:
        """Count a try to deliver an event to *webhook*, and what it has come to."""
        label = _label(webhook, self._told_apart.webhooks)
        self.events.deliveries[label, outcome].inc()

    def count_attempt(self, campaign: str, outcome: AttemptOutcome) -> None:
        """Count an attempt of *campaign* that has ended."""
        label = _label(campaign, self._told_apart.campaigns)
        self.events.attempts[label, outcome].inc()

    def expose(self, now: Now) -> bytes:
        """Return everything in the text format of Prometheus."""
        return generate_latest(
            _Families(
                [
                    *self._registry.collect(),
                    *(it.collect(now) for it in _FAMILIES),
                    _collect_delays(now),
                ]
            )
        )

    def _add_counter(self, name: str, text: str) -> Counter:
        return Counter(name, text, registry=self._registry)

    def _add_sessions(self, name: str, language: str) -> SessionMetrics:
        return SessionMetrics(
            self._add_counter(
                f"outring_{name}_sessions_total",
                f"{language} sessions that have begun.",
            ),
            self._add_counter(
                f"outring_{name}_errors_total",
                f"{language} documents that are wrong, and sessions that ended in an error.",
            ),
        )

    def _add_latencies(self) -> LatencyMetrics:
        return LatencyMetrics(
            self._add_histogram(
                "outring_request_to_invite_seconds",
                "From the request for a call to its first INVITE.",
                LATENCY_S,
            ),
            self._add_histogram(
                "outring_answer_to_response_seconds",
                "From a 2xx to the INVITE to the HTTP answer.",
                LATENCY_S,
            ),
            self._add_histogram(
                "outring_request_seconds",
                "From an outbound request to its HTTP answer.",
                REQUEST_S,
            ),
            self._add_histogram(
                "outring_queue_wait_seconds",
                "Waits of calls for their turn in calls per second, where there was one.",
                WAIT_S,
            ),
            self._add_histogram(
                "outring_webhook_delivery_seconds",
                "From an event to the answer by which a webhook has taken it.",
                LATENCY_S,
            ),
        )

    def _add_events(self) -> EventMetrics:
        targets = [(target,) for target in ExportTarget]
        exports = ExportMetrics(
            self._add_counters(
                "outring_exported_events_total",
                "Events that another system has acknowledged.",
                ("target",),
                targets,
            ),
            self._add_counters(
                "outring_export_failures_total",
                "Tries to export events that have failed; they are tried again.",
                ("target",),
                targets,
            ),
        )
        deliveries = self._add_counters(
            "outring_webhook_deliveries_total",
            "Tries to deliver an event to a webhook, by what they have come to.",
            ("webhook", "outcome"),
        )
        attempts = self._add_counters(
            "outring_campaign_attempts_total",
            "Attempts of campaigns whose ends this process has settled.",
            ("campaign", "outcome"),
        )
        return EventMetrics(exports, deliveries, attempts)

    def _add_media(self) -> MediaMetrics:
        dialogs = self._add_counters(
            "outring_dialogs_total",
            "Dialogs that are over.",
            ("end",),
            [(end,) for end in DialogEnd],
        )
        return MediaMetrics(dialogs, self._add_streams(), self._add_recordings())

    def _add_streams(self) -> StreamMetrics:
        return StreamMetrics(
            self._add_counters(
                "outring_stream_frames_total",
                "Frames of 20 ms of audio streams that are over: sent, received, dropped "
                "for a slow server, and silence for late sound.",
                ("frames",),
                [(kind,) for kind in ("to_server", "from_server", "dropped", "late")],
            ),
            self._add_counters(
                "outring_streams_total",
                "Audio streams that are over, by what has ended them.",
                ("end",),
                [(end,) for end in StreamEnd],
            ),
            self._add_counter(
                "outring_stream_reconnects_total",
                "WebSockets of audio streams that were lost and opened again.",
            ),
            self._add_histogram(
                "outring_stream_clear_seconds",
                "The longest time of a stream from a clear until silence was sent.",
                CLEAR_S,
            ),
            self._add_histogram(
                "outring_stream_buffered_seconds",
                "The most sound of a stream's server that has waited to be played.",
                BUFFERED_S,
            ),
        )

    def _add_recordings(self) -> RecordingMetrics:
        return RecordingMetrics(
            self._add_counters(
                "outring_recordings_total",
                "Recordings of calls, by what has become of them.",
                ("outcome",),
                [(outcome,) for outcome in RecordingOutcome],
            )
        )

    def _add_http(self) -> HttpMetrics:
        return HttpMetrics(
            self._add_counters(
                "outring_http_connections_refused_total",
                "HTTP connections that were refused, by the limit that was reached.",
                ("limit",),
                [(limit,) for limit in ConnectionLimit],
            ),
            self._add_counters(
                "outring_http_timeouts_total",
                "HTTP connections whose client took too long, by what was awaited of it.",
                ("awaited",),
                [(awaited,) for awaited in Awaited],
            ),
            self._add_counter(
                "outring_http_malformed_requests_total",
                "What came over HTTP connections and is no HTTP request.",
            ),
        )

    def _add_counters(
        self,
        name: str,
        text: str,
        labels: Sequence[str],
        known: Iterable[tuple[str, ...]] = (),
    ) -> Labelled:
        return Labelled(Counter(name, text, labels, registry=self._registry), known)

    def _add_histogram(
        self, name: str, text: str, buckets: Sequence[float]
    ) -> Histogram:
        return Histogram(name, text, buckets=buckets, registry=self._registry)


class _Families:
    """A collector of metric families that exist already, as prometheus_client wants one."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        """See ``prometheus_client.registry.Collector``."""
        return self._families


Values = Mapping[tuple[str, ...], float]
"""The values of a metric by those of its labels."""


@dataclass(frozen=True, slots=True)
class _Family:
    """A metric of the current moment: how it is called, and where its values come from."""

    type: type[GaugeMetricFamily] | type[CounterMetricFamily]
    name: str
    text: str
    values: Callable[[Now], Values]
    labels: Sequence[str] = ()

    def collect(self, now: Now) -> Metric:
        family = self.type(self.name, self.text, labels=self.labels)
        for labels, value in self.values(now).items():
            family.add_metric(labels, value)
        return family


def _by_name(values: Mapping[str, float]) -> Values:
    return {(name,): value for name, value in values.items()}


def _scope_of(slots: Slots) -> tuple[str, str]:
    """Split a limit's name such as ``account:acme`` into scope and name."""
    scope, _, name = slots.name.partition(":")
    return scope, name


def _count_slots_held(now: Now) -> Values:
    return {_scope_of(it): it.held for it in now.slots if it.held is not None}


def _count_refused_requests(now: Now) -> Values:
    return {
        (method, str(status) if status else "none"): total
        for method, status, total in now.refused_requests
    }


def _list_proxy_states(now: Now) -> Values:
    return {
        (name, state): float(state == figures.state)
        for name, figures in now.proxies.items()
        if figures.state is not None
        for state in TrunkState
    }


def _figures_of_webhooks(now: Now, figure: Callable[[WebhookFigures], float]) -> Values:
    told = list(now.webhooks.items())[:MAX_NAMES]
    return {(name,): figure(figures) for name, figures in told}


def _collect_delays(now: Now) -> Metric:
    family = HistogramMetricFamily(
        "outring_proxy_post_dial_delay_seconds",
        "From an INVITE through a proxy to its first 18x.",
        labels=("proxy",),
    )
    for name, figures in now.proxies.items():
        bounds = [*map(floatToGoString, DELAYS_S), "+Inf"]
        cumulative = accumulate(figures.counts.delays)
        buckets = list(zip(bounds, cumulative, strict=True))
        family.add_metric((name,), buckets, figures.counts.delay_sum_s)
    return family


def _read_build_info(_: Now) -> Values:
    try:
        pjsip = build_info().pjproject_version
    except AgentConfigurationError:  # a front end needs none
        pjsip = ""
    return {(version("outring"), platform.python_version(), pjsip): 1}


_GAUGE, _COUNTER = GaugeMetricFamily, CounterMetricFamily
_FAMILIES = (
    _Family(
        _GAUGE,
        "outring_build_info",
        "What this process was built of.",
        _read_build_info,
        ("version", "python", "pjsip"),
    ),
    _Family(
        _GAUGE,
        "outring_calls",
        "Calls of this process by state; ended ones until their record is written.",
        lambda now: _by_name(now.calls),
        ("state",),
    ),
    _Family(
        _GAUGE,
        "outring_slots_held",
        "Slots that are taken, of each limit on calls at once: the whole platform's.",
        _count_slots_held,
        ("scope", "name"),
    ),
    _Family(
        _GAUGE,
        "outring_slots_limit",
        "How many slots there are.",
        lambda now: {_scope_of(slots): slots.limit for slots in now.slots},
        ("scope", "name"),
    ),
    _Family(
        _GAUGE,
        "outring_proxy_state",
        "1 for the state that this process takes a proxy for, 0 for the others.",
        _list_proxy_states,
        ("proxy", "state"),
    ),
    _Family(
        _GAUGE,
        "outring_proxy_calls",
        "Calls of this process that go through a proxy now.",
        lambda now: {(name,): it.calls for name, it in now.proxies.items()},
        ("proxy",),
    ),
    _Family(
        _COUNTER,
        "outring_proxy_attempts_total",
        "INVITEs through a proxy that were answered or have failed.",
        lambda now: {(name,): it.counts.attempts for name, it in now.proxies.items()},
        ("proxy",),
    ),
    _Family(
        _COUNTER,
        "outring_proxy_answers_total",
        "Those of them that were answered.",
        lambda now: {(name,): it.counts.answered for name, it in now.proxies.items()},
        ("proxy",),
    ),
    _Family(
        _COUNTER,
        "outring_leases_lapsed_total",
        "Leases of slots that nobody renewed, as those of a process that died.",
        lambda now: {(): now.leases_lapsed},
    ),
    _Family(
        _GAUGE,
        "outring_ccxml_sessions",
        "CCXML sessions that live in this process.",
        lambda now: {(): now.ccxml_sessions},
    ),
    _Family(
        _GAUGE,
        "outring_vxml_sessions",
        "VoiceXML sessions that live in this process.",
        lambda now: {(): now.vxml_sessions},
    ),
    _Family(
        _GAUGE,
        "outring_streams",
        "Calls of this process whose audio stream is open, or being opened.",
        lambda now: {(): now.streams},
    ),
    _Family(
        _GAUGE,
        "outring_http_connections",
        "HTTP connections that are open.",
        lambda now: {(): now.http_connections},
    ),
    _Family(
        _GAUGE,
        "outring_records_waiting",
        "Records that are not in the database yet.",
        lambda now: {(): now.records_waiting},
    ),
    _Family(
        _COUNTER,
        "outring_records_lost_total",
        "Records that were dropped, since too many waited.",
        lambda now: {(): now.records_lost},
    ),
    _Family(
        _COUNTER,
        "outring_sip_requests_refused_total",
        "SIP requests of far ends and of strangers that were refused.",
        _count_refused_requests,
        ("method", "status"),
    ),
    _Family(
        _COUNTER,
        "outring_sip_messages_malformed_total",
        "Received SIP messages that could not be read, or not whole, by what became of them.",
        lambda now: _by_name(now.malformed),
        ("outcome",),
    ),
    _Family(
        _COUNTER,
        "outring_background_restarts_total",
        "Starts of background tasks after a crash.",
        lambda now: _by_name(now.background_restarts),
        ("task",),
    ),
    _Family(
        _GAUGE,
        "outring_export_active",
        "Whether this process is the one that exports events.",
        lambda now: _by_name({name: it.is_active for name, it in now.exports.items()}),
        ("target",),
    ),
    _Family(
        _GAUGE,
        "outring_export_waiting",
        "Events that this process exports, and that were not acknowledged yet.",
        lambda now: _by_name({name: it.waiting for name, it in now.exports.items()}),
        ("target",),
    ),
    _Family(
        _GAUGE,
        "outring_campaign_lines",
        "Attempts without an end of a campaign whose pace this process sets.",
        lambda now: {
            (name,): float(lines)
            for name, lines in [*now.campaign_lines.items()][:MAX_NAMES]
        },
        ("campaign",),
    ),
    _Family(
        _GAUGE,
        "outring_webhook_waiting",
        "Events that this process delivers to a webhook, and that it has not taken yet.",
        lambda now: _figures_of_webhooks(now, lambda it: it.waiting),
        ("webhook",),
    ),
    _Family(
        _GAUGE,
        "outring_webhook_oldest_seconds",
        "Age of the oldest of them.",
        lambda now: _figures_of_webhooks(now, lambda it: it.oldest_s),
        ("webhook",),
    ),
    _Family(
        _GAUGE,
        "outring_loop_lag_seconds",
        "How late the event loop was when it was measured last.",
        lambda now: {(): now.lag.loop_s},
    ),
    _Family(
        _GAUGE,
        "outring_sip_lag_seconds",
        "How long work waits for the SIP thread.",
        lambda now: {(): now.lag.sip_s},
    ),
    _Family(
        _COUNTER,
        "outring_overload_total",
        "Requests that had to wait, or were refused, since a thread lagged too much.",
        lambda now: _by_name({"waited": now.lag.waited, "refused": now.lag.refused}),
        ("act",),
    ),
)
