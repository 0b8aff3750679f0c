"""Limits: the capacities and rates that follow from the platform's objects."""

from engine.model.result import Result
from engine.platform.objects import Account, Application, Licence, Proxy
from engine.platform.snapshot import PlatformSnapshot

from .ledger import Capacity, Rate


def capacities_of(platform: PlatformSnapshot) -> list[Capacity]:
    """Every limit of *platform* on calls at once: licence, accounts, applications, proxies."""
    objects = platform.objects
    capacities = _of_licence(platform.licence)
    for kind, owners, refusal in (
        ("account", objects.account, Result.ACCOUNT_CALL_LIMIT),
        ("application", objects.application, Result.APPLICATION_CALL_LIMIT),
        ("proxy", objects.proxy, Result.BVR_CALL_LIMIT),
    ):
        for owner in owners:
            add_limits(owner, kind, refusal, platform.burst, capacities, [])
    return capacities


def limits_of(
    platform: PlatformSnapshot, application: Application
) -> tuple[list[Capacity], list[Rate]]:
    """The capacities and rates that a call of *application* needs, without its proxy's.

    In the order in which they are checked, so that the first one that is full gives the
    refusal: licence, account, application.
    """
    capacities = _of_licence(platform.licence)
    rates: list[Rate] = []
    for owner, kind, refusal in (
        (
            platform.account_by_id(application.account),
            "account",
            Result.ACCOUNT_CALL_LIMIT,
        ),
        (application, "application", Result.APPLICATION_CALL_LIMIT),
    ):
        add_limits(owner, kind, refusal, platform.burst, capacities, rates)
    return capacities, rates


def _of_licence(licence: Licence) -> list[Capacity]:
    if licence.calls is None:
        return []
    return [Capacity("licence", licence.calls, Result.LICENSE_LIMIT)]


def add_limits(
    owner: Account | Application | Proxy,
    kind: str,
    refusal: Result,
    burst: int,
    capacities: list[Capacity],
    rates: list[Rate],
) -> None:
    """Append the limits that *owner* has to *capacities* and *rates*.

    *kind* is the first part of their names, *refusal* what calls beyond them get, and
    *burst* how many calls a rate allows at once after a pause.
    """
    name = f"{kind}:{owner.id}"
    if owner.call_limit is not None:
        capacities.append(Capacity(name, owner.call_limit, refusal))
    if owner.calls_per_second is not None:
        rates.append(Rate(name, owner.calls_per_second, refusal, burst))
