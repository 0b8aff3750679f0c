"""The emergency stop: whose calls it ends, and how many these were. Pure."""

from dataclasses import dataclass

from engine.admission.outbound_order import OutboundOrder
from engine.platform.objects import Application


@dataclass(frozen=True, slots=True)
class StopScope:
    """The calls of *application*, else of *account*, else all."""

    account: str | None = None
    application: str | None = None

    def covers(self, application: Application) -> bool:
        """Whether calls of *application* are meant."""
        if self.application is not None:
            return application.id == self.application
        return self.account in (None, application.account)


@dataclass(frozen=True, slots=True)
class StopTally:
    """What was ended: calls, sessions of applications, and requests that were waiting.

    *silent* are the names of processes that have not answered: what they had may live.
    """

    calls: int = 0
    sessions: int = 0
    waiting: int = 0
    silent: tuple[str, ...] = ()

    def __add__(self, other: "StopTally") -> "StopTally":
        return StopTally(
            self.calls + other.calls,
            self.sessions + other.sessions,
            self.waiting + other.waiting,
            self.silent + other.silent,
        )


class WaitingOrders(dict[str, OutboundOrder]):
    """Orders that wait for slots, rates or documents, by their application UUIDs."""

    def stop(self, scope: StopScope) -> int:
        """Have each order of *scope* refused before an INVITE is sent; return how many."""
        stopped = [it for it in self.values() if scope.covers(it.application)]
        for order in stopped:
            order.is_stopped = True
        return len(stopped)
