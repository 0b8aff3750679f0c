"""The platform's objects: accounts, their applications, and the keys that select them."""

import hashlib
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from .configuration import ConfigurationError, Declared, Mistake, TomlFile
from .ledger import Capacity, Rate
from .results import RefusedError, Result
from .rules import MAX_PATTERN_LENGTH, Rules

ObjectId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]


class ApplicationType(StrEnum):
    """What kind of document an application is."""

    CCXML = "CCXML"
    VXML = "VXML"


class OnWaitTimeout(StrEnum):
    """What becomes of the call when the client's wait has run out."""

    CONTINUE = "continue"
    CANCEL = "cancel"


class Account(Declared):
    """Who owns applications. A limit that is not given does not exist."""

    id: ObjectId
    name: str = ""
    call_limit: int | None = Field(None, ge=0)
    calls_per_second: float | None = Field(None, gt=0, le=100_000)


class Application(Declared):
    """What an answered call runs, and its limits."""

    id: ObjectId
    name: str = ""
    account: ObjectId
    type: ApplicationType = ApplicationType.CCXML
    uri: str | None = None
    call_limit: int | None = Field(None, ge=0)
    calls_per_second: float | None = Field(None, gt=0, le=100_000)
    ring_timeout_ms: int | None = Field(None, ge=1000, le=600_000)
    max_duration_ms: int | None = Field(None, ge=1000)
    on_wait_timeout: OnWaitTimeout = OnWaitTimeout.CONTINUE


class ApiKey(Declared):
    """What a client shows: the key itself, or ``sha256`` of it as hex."""

    key: str | None = Field(None, repr=False, min_length=8, max_length=255)
    sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")
    application: ObjectId
    enabled: bool = True

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.key is None) == (self.sha256 is None):
            raise ValueError("give either key or sha256")
        return self

    @property
    def digest(self) -> str:
        """The hash that the key is found by."""
        return self.sha256 or digest_of(self.key or "")


class Rule(Declared):
    """An entry of the allow or the deny list."""

    pattern: str = Field(min_length=1, max_length=MAX_PATTERN_LENGTH)
    allow: bool


class Licence(Declared):
    """How many calls the whole platform may carry at once."""

    calls: int | None = Field(None, ge=0)


class PlatformFile(Declared):
    """The tables of ``platform.toml``."""

    licence: Licence = Licence()
    rule: tuple[Rule, ...] = ()
    account: tuple[Account, ...] = ()
    application: tuple[Application, ...] = ()
    key: tuple[ApiKey, ...] = ()


def digest_of(key: str) -> str:
    """SHA-256 of an API key, as hex; keys are random, so that no salt is needed."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


class Platform:
    """All objects, found by what requests name them with."""

    def __init__(self, objects: PlatformFile) -> None:
        self._accounts = {one.id: one for one in objects.account}
        self._applications = {one.id: one for one in objects.application}
        self._keys = {one.digest: one for one in objects.key}
        self._licence = objects.licence
        self._rules = Rules((one.pattern, one.allow) for one in objects.rule)

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
        application = self._applications.get(key.application)
        if application is None:
            raise RefusedError(
                Result.NO_APPLICATION_FOUND,
                f"The application {key.application} of this apiKey does not exist.",
            )
        if application.account not in self._accounts:
            raise RefusedError(
                Result.NO_ACCOUNT_FOUND,
                f"The account {application.account} of application {application.id} does not exist.",
            )
        return application

    def check_number(self, to: str) -> None:
        """Raise RefusedError if *to* may not be called."""
        if not self._rules.allow(to):
            raise RefusedError(
                Result.NUMBER_DENIED, "The to value is on the deny list."
            )

    def limits(self, application: Application) -> tuple[list[Capacity], list[Rate]]:
        """What a call of *application* needs of the platform, in the order of refusal."""
        account = self._accounts[application.account]
        capacities = []
        rates = []
        if self._licence.calls is not None:
            capacities.append(
                Capacity("licence", self._licence.calls, Result.LICENSE_LIMIT)
            )
        for owner, name, refusal in (
            (account, f"account:{account.id}", Result.ACCOUNT_CALL_LIMIT),
            (
                application,
                f"application:{application.id}",
                Result.APPLICATION_CALL_LIMIT,
            ),
        ):
            if owner.call_limit is not None:
                capacities.append(Capacity(name, owner.call_limit, refusal))
            if owner.calls_per_second is not None:
                rates.append(Rate(name, owner.calls_per_second, refusal))
        return capacities, rates


def load_platform(path: Path) -> Platform:
    """Read ``platform.toml``; raises ConfigurationError with every mistake."""
    if not path.exists():
        text = "The file does not exist; the README shows one under First steps."
        raise ConfigurationError([Mistake(str(path), text)])
    file = TomlFile(path)
    objects = file.checked(PlatformFile)
    mistakes = [
        *_repeated(file, "account", (one.id for one in objects.account)),
        *_repeated(file, "application", (one.id for one in objects.application)),
        *_repeated(file, "key", (one.digest for one in objects.key)),
    ]
    if mistakes:
        raise ConfigurationError(mistakes)
    return Platform(objects)


def dangling(path: Path) -> list[Mistake]:
    """References of ``platform.toml`` to what it does not hold; requests are refused for them."""
    file = TomlFile(path)
    objects = file.checked(PlatformFile)
    accounts = {one.id for one in objects.account}
    applications = {one.id for one in objects.application}
    return [
        Mistake(
            file.place(("application", index, "account")),
            f"The account {one.account} does not exist.",
        )
        for index, one in enumerate(objects.application)
        if one.account not in accounts
    ] + [
        Mistake(
            file.place(("key", index, "application")),
            f"The application {one.application} does not exist.",
        )
        for index, one in enumerate(objects.key)
        if one.application not in applications
    ]


def _repeated(file: TomlFile, table: str, names: Iterable[str]) -> list[Mistake]:
    seen: set[str] = set()
    mistakes = []
    for index, name in enumerate(names):
        if name in seen:
            shown = "This key" if table == "key" else f"The {table} {name}"
            mistakes.append(
                Mistake(
                    file.place((table, index)), f"{shown} stands here a second time."
                )
            )
        seen.add(name)
    return mistakes
