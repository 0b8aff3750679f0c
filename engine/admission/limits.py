"""Limits: the capacities and rates that the platform's objects ask for."""

from engine.model.result import Result
from engine.platform.objects import Account, Application, Licence, Proxy
from engine.platform.snapshot import PlatformSnapshot

from .ledger import Capacity, Rate


def capacities_of(platform: PlatformSnapshot) -> list[Capacity]:
    """All limits of *platform* on calls at once."""
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
    """What a call of *application* needs of *platform*, in the order of refusal."""
    capacities = _of_licence(platform.licence)
    rates: list[Rate] = []
    for owner, kind, refusal in (
        (
            platform.account(application.account),
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
    """Add the limits of *owner*; what it does not say does not exist."""
    name = f"{kind}:{owner.id}"
    if owner.call_limit is not None:
        capacities.append(Capacity(name, owner.call_limit, refusal))
    if owner.calls_per_second is not None:
        rates.append(Rate(name, owner.calls_per_second, refusal, burst))
