"""PlatformSnapshot: all objects of the platform, indexed for requests."""

from collections.abc import Iterable

from engine.model.outbound_request import OutboundRequest
from engine.model.result import RefusedError, Result
from sip.agent import Credential

from .number_rules import Rules
from .objects import (
    KINDS,
    Account,
    ApiKey,
    Application,
    Objects,
    RecordPolicy,
    Webhook,
    digest_of,
)
from .pauses import Pause, Pauses
from .trunks import Group, Trunk


class PlatformSnapshot:
    """The objects at one moment, indexed by what requests name them with.

    Never changes; after a change of the objects a new snapshot takes its place.
    """

    def __init__(
        self, objects: Objects, burst: int = 1, pauses: Iterable[Pause] = ()
    ) -> None:
        """*burst* is how many calls may start at once within a rate of calls per second.

        *pauses* are those of the objects.
        """
        self.objects = objects
        self.burst = burst
        self.pauses = Pauses(pauses)
        self._accounts = {account.id: account for account in objects.account}
        self._applications = {
            application.id: application for application in objects.application
        }
        self._keys = {key.sha256: key for key in objects.key}
        self.licence = objects.licence
        self._rules = Rules((rule.pattern, rule.allow) for rule in objects.rule)
        headers = {header.id: header for header in objects.header}
        self.trunks = {proxy.id: Trunk.of(proxy, headers) for proxy in objects.proxy}
        self._groups = {
            group.id: Group(
                group.id,
                tuple(
                    self.trunks[name] for name in group.members if name in self.trunks
                ),
                frozenset(group.failover),
            )
            for group in objects.group
        }
        defaults = [group.id for group in objects.group if group.default]
        self._default_group = self._groups[defaults[0]] if defaults else None
        self.credentials = tuple(
            Credential(entry.realm, entry.username, entry.ha1, is_ha1=True)
            for entry in objects.credential
        )

    def key_of(self, text: str) -> ApiKey:
        """Return the enabled API key *text*; raises RefusedError.

        Keys are looked up by their hash, so that the time it takes reveals nothing
        about them.
        """
        key = self._keys.get(digest_of(text))
        if key is None or not key.enabled:
            raise RefusedError(Result.INVALID_REQUEST, "The apiKey is not known.")
        return key

    def application_of(self, key: ApiKey) -> Application:
        """Return the application of *key*; raises RefusedError if it or its account is missing."""
        return self.application_by_id(key.application)

    def application_by_id(self, name: str) -> Application:
        """Return the application *name*; raises RefusedError if it or its account is missing."""
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

    def account_by_id(self, name: str) -> Account:
        """Return the account *name*; raises KeyError."""
        return self._accounts[name]

    def select_group(
        self, request: OutboundRequest, application: Application
    ) -> Group | None:
        """Return the proxy group for a call, or None for a call without a proxy.

        That is the group of the hint ``proxy_group``, else the application's, else the
        platform's default. Raises RefusedError if the named group does not exist.
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

    def check_webhook(self, request: OutboundRequest, application: Application) -> None:
        """Raise RefusedError if the hint ``webhook`` names none that *application* may use."""
        if request.webhook is None:
            return
        webhook = self.objects.find(KINDS["webhook"], request.webhook)
        is_its = isinstance(webhook, Webhook) and webhook.serves(
            application.account, application.id
        )
        if not is_its:
            text = f"The application {application.id} has no webhook {request.webhook}."
            raise RefusedError(Result.INVALID_REQUEST, text)

    @staticmethod
    def check_recording(request: OutboundRequest, application: Application) -> None:
        """Raise RefusedError if *request* wants a recording that *application* does not allow."""
        if request.is_recorded and application.record is RecordPolicy.NEVER:
            text = (
                f"The application {application.id} does not let its calls be recorded."
            )
            raise RefusedError(Result.INVALID_REQUEST, text)

    def check_number(self, to: str) -> None:
        """Raise RefusedError if *to* may not be called."""
        pattern = self._rules.find_denial(to.strip())
        if pattern is not None:
            text = "The to value is on the deny list."
            raise RefusedError(Result.NUMBER_DENIED, text, refused_by=f"rule:{pattern}")
