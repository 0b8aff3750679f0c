"""Platform: the objects as requests find them."""

import asyncio
from functools import cached_property

from sip.agent import Credential

from .database_refusal import database_refusal
from .ledger import Capacity, Rate
from .objects import Account, ApiKey, Application, Objects, Proxy, digest_of
from .outbound import OutboundRequest
from .results import RefusedError, Result
from .routing import Group, Trunk
from .rules import Rules
from .store import Store, StoreError


class Platform:
    """All objects, found by what requests name them with. Never changes; a newer one replaces it."""

    def __init__(self, objects: Objects, burst: int = 1) -> None:
        """*burst*: how many calls of a rate may come at once."""
        self.objects = objects
        self.burst = burst
        self._accounts = {one.id: one for one in objects.account}
        self._applications = {one.id: one for one in objects.application}
        self._keys = {one.sha256: one for one in objects.key}
        self._licence = objects.licence
        self._rules = Rules((one.pattern, one.allow) for one in objects.rule)
        headers = {one.id: one for one in objects.header}
        self.trunks = {one.id: Trunk.of(one, headers) for one in objects.proxy}
        self._groups = {
            one.id: Group(
                one.id,
                tuple(self.trunks[name] for name in one.members if name in self.trunks),
                frozenset(one.failover),
            )
            for one in objects.group
        }
        defaults = [one.id for one in objects.group if one.default]
        self._default_group = self._groups[defaults[0]] if defaults else None
        self.credentials = tuple(
            Credential(one.realm, one.username, one.ha1, is_ha1=True)
            for one in objects.credential
        )

    def key(self, text: str) -> ApiKey:
        """The enabled key *text*; raises RefusedError.

        Keys are compared by their hash, so that the time it takes tells nothing.
        """
        found = self._keys.get(digest_of(text))
        if found is None or not found.enabled:
            raise RefusedError(Result.INVALID_REQUEST, "The apiKey is not known.")
        return found

    def application(self, key: ApiKey) -> Application:
        """The application of *key*, whose account exists; raises RefusedError."""
        return self.application_called(key.application)

    def application_called(self, name: str) -> Application:
        """The application with this id, whose account exists; raises RefusedError."""
        application = self._applications.get(name)
        if application is None:
            raise RefusedError(
                Result.NO_APPLICATION_FOUND,
                f"The application {name} of this apiKey does not exist.",
            )
        if application.account not in self._accounts:
            raise RefusedError(
                Result.NO_ACCOUNT_FOUND,
                f"The account {application.account} of application {application.id} does not exist.",
            )
        return application

    def group(self, request: OutboundRequest, application: Application) -> Group | None:
        """The proxies that the call may go through; None: straight to its destination.

        The hint ``proxy_group``, else the application's group, else the
        platform's default. Raises RefusedError if that does not exist.
        """
        if request.proxy_group is not None:
            group = self._groups.get(request.proxy_group)
            if group is None:
                text = f"The proxy group {request.proxy_group} does not exist."
                raise RefusedError(Result.INVALID_REQUEST, text)
            return group
        if application.proxy_group is None:
            return self._default_group
        group = self._groups.get(application.proxy_group)
        if group is None:
            text = f"The proxy group {application.proxy_group} of application {application.id} does not exist."
            raise RefusedError(Result.INTERNAL_ERROR, text)
        return group

    def check_number(self, to: str) -> None:
        """Raise RefusedError if *to* may not be called."""
        if not self._rules.allow(to.strip()):
            raise RefusedError(
                Result.NUMBER_DENIED, "The to value is on the deny list."
            )

    @cached_property
    def capacities(self) -> list[Capacity]:
        """All limits on calls at once."""
        found = self._of_licence()
        for kind, owners, refusal in (
            ("account", self.objects.account, Result.ACCOUNT_CALL_LIMIT),
            ("application", self.objects.application, Result.APPLICATION_CALL_LIMIT),
            ("proxy", self.objects.proxy, Result.BVR_CALL_LIMIT),
        ):
            for owner in owners:
                add_limits(owner, kind, refusal, self.burst, found, [])
        return found

    def _of_licence(self) -> list[Capacity]:
        calls = self._licence.calls
        return (
            [] if calls is None else [Capacity("licence", calls, Result.LICENSE_LIMIT)]
        )

    def limits(self, application: Application) -> tuple[list[Capacity], list[Rate]]:
        """What a call of *application* needs of the platform, in the order of refusal."""
        account = self._accounts[application.account]
        capacities = self._of_licence()
        rates: list[Rate] = []
        for owner, kind, refusal in (
            (account, "account", Result.ACCOUNT_CALL_LIMIT),
            (application, "application", Result.APPLICATION_CALL_LIMIT),
        ):
            add_limits(owner, kind, refusal, self.burst, capacities, rates)
        return capacities, rates


class CurrentPlatform:
    """The platform of a database, read again whenever it has changed."""

    def __init__(self, store: Store, burst: int = 1) -> None:
        """*burst*: see ``Platform``."""
        self._burst = burst
        self._reader = store.reader()
        self._reading = asyncio.Lock()
        self.last = Platform(Objects())
        """What was read last; nothing at first."""

    async def now(self) -> Platform:
        """The platform as it stands now; raises RefusedError when it cannot be read."""
        if not self._reader.is_current():
            async with self._reading:
                if not self._reader.is_current():
                    self.last = Platform(await self._read(), self._burst)
        return self.last

    async def _read(self) -> Objects:
        try:
            return await self._reader.objects()
        except StoreError as error:
            raise database_refusal(error) from error


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
