"""Limits: the capacities and rates that follow from the platform's objects."""

from collections.abc import Sequence

from engine.model.result import Result
from engine.platform.objects import Account, Application, Licence, Objects, Proxy
from engine.platform.snapshot import PlatformSnapshot

from .ledger import Capacity, Rate

_REFUSALS = {
    "account": Result.ACCOUNT_CALL_LIMIT,
    "application": Result.APPLICATION_CALL_LIMIT,
    "proxy": Result.BVR_CALL_LIMIT,
}
"""What calls beyond a limit get, by the kind of its owner."""


def capacities_of(objects: Objects) -> list[Capacity]:
    """Every limit on calls at once among *objects*: licence, accounts, applications, proxies."""
    capacities = _of_licence(objects.licence)
    for kind, owners in (
        ("account", objects.account),
        ("application", objects.application),
        ("proxy", objects.proxy),
    ):
        for owner in owners:
            capacities += limits_of_owner(kind, owner)[0]
    return capacities


def limits_of(
    platform: PlatformSnapshot, application: Application
) -> tuple[list[Capacity], list[Rate]]:
    """The capacities and rates that a call of *application* needs, without its proxy's.

    In the order in which they are checked, so that the first one that is full gives the
    refusal: licence, account, application.
    """
    capacities, rates = _of_licence(platform.licence), []
    account = platform.account_by_id(application.account)
    for kind, owner in (("account", account), ("application", application)):
        own_capacities, own_rates = limits_of_owner(kind, owner, platform.burst)
        capacities += own_capacities
        rates += own_rates
    return capacities, rates


class LimitsByApplication:
    """The limits of applications, worked out once for each snapshot of the platform.

    A snapshot never changes, and every call asks for them.
    """

    def __init__(self) -> None:
        self._platform: PlatformSnapshot | None = None
        self._limits: dict[str, tuple[list[Capacity], list[Rate]]] = {}

    def find(
        self, platform: PlatformSnapshot, application: Application
    ) -> tuple[Sequence[Capacity], Sequence[Rate]]:
        """See ``limits_of``."""
        if platform is not self._platform:
            self._platform, self._limits = platform, {}
        if application.id not in self._limits:
            self._limits[application.id] = limits_of(platform, application)
        return self._limits[application.id]


def limits_of_owner(
    kind: str, owner: Account | Application | Proxy, burst: int = 1
) -> tuple[list[Capacity], list[Rate]]:
    """The capacities and rates that *owner* itself has: one of each at most.

    *kind* is the first part of their names, and *burst* how many calls a rate allows at
    once after a pause.
    """
    name, refusal = f"{kind}:{owner.id}", _REFUSALS[kind]
    capacities, rates = [], []
    if owner.call_limit is not None:
        capacities.append(Capacity(name, owner.call_limit, refusal))
    if owner.calls_per_second is not None:
        rates.append(Rate(name, owner.calls_per_second, refusal, burst))
    return capacities, rates


def refusal_of_owner(kind: str) -> Result:
    """What a call gets beyond the limits of an owner of this *kind*, or while it is paused."""
    return _REFUSALS[kind]


def _of_licence(licence: Licence) -> list[Capacity]:
    if licence.calls is None:
        return []
    return [Capacity("licence", licence.calls, Result.LICENSE_LIMIT)]
