"""SharedCircuits: what each process finds out of proxies, known to all of them within a second."""

import time
from collections.abc import Iterator, Sequence
from functools import partial

import msgspec
import structlog
from msgspec import Struct

from engine.admission.circuit import PROBE_S, CircuitState, CircuitStatus, Means
from engine.admission.ledger import LedgerError
from engine.admission.proxy_health import (
    MAX_REST_S,
    ProxyHealth,
    ProxyHealthReport,
    ProxyKey,
    Rest,
    key_of,
)
from engine.platform.objects import Proxy

from .heartbeat import repeat
from .redis_connection import CLOCK, LuaScript, RedisConnection

SHARE_S = 0.5  # from one exchange to the next
CLOSED_LIFE_S = 60.0  # how long it is told that a proxy works again
DOWN_LIFE_S = MAX_REST_S  # how long it is told that a proxy is down, or rests

log = structlog.get_logger()


class CircuitMessage(Struct, frozen=True):
    """A ``CircuitStatus``. Times are seconds from when it was written: clocks differ."""

    state: CircuitState
    why: str
    means: Means
    since_s: float
    tripped_s: float
    retry_s: float

    @classmethod
    def of(cls, status: CircuitStatus, now: float) -> "CircuitMessage":
        """Return *status* as it is written *now*."""
        return cls(
            state=status.state,
            why=status.why,
            means=status.means,
            since_s=status.since - now,
            tripped_s=status.tripped - now,
            retry_s=status.retry_at - now,
        )

    def to_status(self, written: float) -> CircuitStatus:
        """Return the status, by a clock that showed *written* when it was written."""
        return CircuitStatus(
            state=self.state,
            why=self.why,
            means=self.means,
            since=written + self.since_s,
            tripped=written + self.tripped_s,
            retry_at=written + self.retry_s,
        )


class RestMessage(Struct, frozen=True):
    """A ``Rest``, in seconds from when it was written."""

    since_s: float
    until_s: float


class ReportMessage(Struct, frozen=True):
    """A ``ProxyHealthReport``."""

    proxy: ProxyKey
    circuit: CircuitMessage | None
    rest: RestMessage | None

    @classmethod
    def of(cls, report: ProxyHealthReport, now: float) -> "ReportMessage":
        """Return *report* as a message that is written *now*, in monotonic seconds."""
        proxy, circuit, rest = report
        return cls(
            proxy,
            None if circuit is None else CircuitMessage.of(circuit, now),
            None if rest is None else RestMessage(rest.since - now, rest.until - now),
        )

    def to_report(self, written: float) -> ProxyHealthReport:
        """Return the report; *written* is when that was, by the clock of this process."""
        circuit, rest = self.circuit, self.rest
        return ProxyHealthReport(
            self.proxy,
            None if circuit is None else circuit.to_status(written),
            None
            if rest is None
            else Rest(written + rest.since_s, written + rest.until_s),
        )


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(ReportMessage).decode


class SharedCircuits:
    """Exchanges reports of proxies with the other processes, through Redis.

    While Redis is away each process decides alone; what it has found out by then is told
    afterwards. Of two reports of a proxy the one that came to Redis last holds.
    """

    def __init__(
        self, connection: RedisConnection, boot: str, *, clock: str = CLOCK
    ) -> None:
        """*boot* identifies this process; *clock* as in ``LuaScript``."""
        self._connection = connection
        self._boot = boot
        self._script = LuaScript("circuits.lua", clock)
        self._seen: dict[bytes, bytes] = {}  # by field: when the latest was written

    async def claim_probe(self, proxy: Proxy) -> bool:
        """Return whether a call of this process may be the probe of *proxy*.

        It may if no other one is, or if Redis is away.
        """
        name = self._connection.key(f"probe:{_field_of(key_of(proxy))}")
        life_ms = round(PROBE_S * 1000)
        try:
            async with self._connection.borrow_client() as client:
                return bool(await client.set(name, self._boot, nx=True, px=life_ms))
        except LedgerError as error:
            log.warning("probe_not_claimed", proxy=proxy.id, reason=str(error))
            return True

    async def run(self, health: ProxyHealth) -> None:
        """Exchange what *health* knows, until cancelled; failures are logged."""
        await repeat(partial(self.exchange, health), "circuits", SHARE_S)

    async def exchange(self, health: ProxyHealth) -> None:
        """Tell what *health* has found out, and let it adopt what others have.

        Raises LedgerError; then it is told the next time.
        """
        reports = health.take_reports()
        now = time.monotonic()
        try:
            answer = await self._connection.run(
                self._script, self._boot, [_entry_of(report, now) for report in reports]
            )
        except BaseException:
            health.put_back(reports)
            raise
        self._adopt(health, answer)

    def _adopt(self, health: ProxyHealth, answer: Sequence[bytes]) -> None:
        now, redis_us = time.monotonic(), int(answer[0])
        before, self._seen = self._seen, {}
        for field, at, boot, text in _in_fours(answer[1:]):
            self._seen[field] = at
            if boot.decode() == self._boot or before.get(field) == at:
                continue
            try:
                message = _decode(text)
            except msgspec.MsgspecError as error:
                log.warning("message_refused", box="proxies", reason=str(error))
                continue
            written = now - (redis_us - int(at)) / 1e6
            health.adopt(message.to_report(written), now)


def _entry_of(report: ProxyHealthReport, now: float) -> tuple[str, int, bool, str]:
    """*report* as the script takes it."""
    circuit = report.circuit
    is_closed = circuit is None or circuit.state is CircuitState.CLOSED
    life_s = CLOSED_LIFE_S if is_closed and report.rest is None else DOWN_LIFE_S
    is_over = circuit is None or circuit.state is not CircuitState.HALF_OPEN
    text = _encode(ReportMessage.of(report, now)).decode()
    return _field_of(report.proxy), round(life_s * 1e6), is_over, text


def _field_of(key: ProxyKey) -> str:
    return " ".join(key)


def _in_fours(
    values: Sequence[bytes],
) -> Iterator[tuple[bytes, bytes, bytes, bytes]]:
    """*values*, each four of them together."""
    fours = iter(values)
    return zip(fours, fours, fours, fours, strict=True)
