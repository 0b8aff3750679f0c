"""The platform's objects: their fields, their identity, and their references.

Each model validates what users provision. Docstrings of the models are texts of the
API's description.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    ValidationInfo,
    model_validator,
)

from engine.config.toml_file import NO_NUL, ConfigModel, User
from engine.model.event_type import EventType
from sip.errors import SipError
from sip.extra_headers import read_headers
from sip.uri import MAX_HEADER_VALUE_BYTES, SipUri

from .campaign_objects import CallerIdPool, Campaign, WindowRule
from .number_rules import MAX_PATTERN_LENGTH
from .object_fields import AS_STORED, CallLimit, ObjectId, PerSecond, Text
from .stream_options import StreamField, StreamOptions, check_stream_url
from .webhook_fields import check_secret, check_uri, type_matches

KEY_ID_LENGTH = 12


def _check_address(text: str) -> str:
    try:
        SipUri.parse(text)
    except SipError as error:
        raise ValueError(str(error)) from None
    return text


AuthToken = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{16,128}$")]


def _check_document_uri(text: str, info: ValidationInfo) -> str:
    if info.context != AS_STORED and not urlsplit(text).scheme:
        raise ValueError(
            f"{text} has no scheme: write file:///folder/{text.lstrip('/')} or http://host/…"
        )
    return text


DocumentUri = Annotated[
    str,
    StringConstraints(max_length=2048, pattern=NO_NUL),
    AfterValidator(_check_document_uri),
]


class ApplicationType(StrEnum):
    """What an answered call of an application runs."""

    CCXML = "CCXML"
    VXML = "VXML"
    STREAM = "STREAM"  # none: its calls are joined to a WebSocket


class WhenClientStopsWaiting(StrEnum):
    """What becomes of the call when its client does not wait any more."""

    CONTINUE = "continue"
    CANCEL = "cancel"


class RecordPolicy(StrEnum):
    """Which calls of an application are recorded, both sides of them."""

    NEVER = "never"
    ON_REQUEST = "on_request"  # of a client: by a hint, or while the call lives
    ALWAYS = "always"  # from the answer on


class Licence(ConfigModel):
    """How many calls the whole platform may carry at once."""

    calls: CallLimit | None = Field(None, description="Calls at once.")

    @property
    def identity(self) -> str:
        """Empty: there is exactly one licence."""
        return "licence"


class Account(ConfigModel):
    """Who owns applications. A limit that is not given does not exist."""

    id: ObjectId = Field(description="Letters, digits, dot, dash, underscore.")
    name: Text = Field("", description="Name for people.")
    call_limit: CallLimit | None = Field(None, description="Calls at once.")
    calls_per_second: PerSecond | None = Field(
        None, description="Calls that may begin in one second."
    )
    auth_token: AuthToken | None = Field(
        None,
        repr=False,
        description="What requests to open a WebSocket are signed with, and the password "
        "of the calls of Twilio's REST API that are known here.",
    )

    @property
    def identity(self) -> str:
        """The id by which commands and the admin API address it."""
        return self.id


class Application(ConfigModel):
    """What an answered call runs, and its limits."""

    id: ObjectId = Field(description="Letters, digits, dot, dash, underscore.")
    name: Text = Field("", description="Name for people.")
    account: ObjectId = Field(description="Account that owns it.")
    type: ApplicationType = Field(
        ApplicationType.CCXML,
        description="What its document is written in; STREAM: its calls are joined to a "
        "WebSocket.",
    )
    uri: DocumentUri | None = Field(
        None, description="URI of its document, or of its WebSocket."
    )
    call_limit: CallLimit | None = Field(None, description="Calls at once.")
    calls_per_second: PerSecond | None = Field(
        None, description="Calls that may begin in one second."
    )
    start_limit_ms: StrictInt = Field(
        10_000,
        ge=100,
        le=600_000,
        description="Milliseconds until its document must have started.",
    )
    ring_timeout_ms: StrictInt | None = Field(
        None, ge=1000, le=600_000, description="Milliseconds to ring before CANCEL."
    )
    max_duration_ms: StrictInt | None = Field(
        None,
        ge=1000,
        le=604_800_000,
        description="Milliseconds until an answered call is hung up.",
    )
    on_wait_timeout: WhenClientStopsWaiting = Field(
        WhenClientStopsWaiting.CONTINUE,
        description="What becomes of a call when its client's wait runs out.",
    )
    on_client_disconnect: WhenClientStopsWaiting = Field(
        WhenClientStopsWaiting.CONTINUE,
        description="What becomes of a call when its client goes away.",
    )
    answer_after_call_progress: StrictBool = Field(
        False,
        description="Whether a makeCall with the hint bvr_callprogress is answered only "
        "once it is known what has answered the call, or its wait runs out.",
    )
    proxy_group: ObjectId | None = Field(
        None, description="Proxy group of its calls, if the request names none."
    )
    stream: StreamField | None = Field(
        None, description="How its calls are joined to their WebSocket; of type STREAM."
    )

    @model_validator(mode="after")
    def _check_stream(self, info: ValidationInfo) -> "Application":
        if info.context == AS_STORED:
            return self
        if self.type is not ApplicationType.STREAM:
            if self.stream is not None:
                raise ValueError("stream is only for an application of type STREAM")
        elif self.uri is not None:
            check_stream_url(self.uri)
        elif not self.stream_options.allowed_urls:
            raise ValueError("an application of type STREAM needs uri or allowed_urls")
        return self

    record: RecordPolicy = Field(
        RecordPolicy.NEVER,
        description="Whether its calls are recorded from the answer on, or may be on request.",
    )

    @property
    def identity(self) -> str:
        """The id by which commands and the admin API address it."""
        return self.id

    @property
    def stream_options(self) -> StreamOptions:
        """How its calls are joined to their WebSocket, defaults included."""
        return self.stream or StreamOptions()


class ApiKey(ConfigModel):
    """What a client shows. Given as ``key`` or as its ``sha256`` in hex; held as the hash."""

    sha256: str = Field(
        pattern=r"^[0-9a-f]{64}$", repr=False, description="SHA-256 of the key, as hex."
    )
    application: ObjectId = Field(description="Application that it calls for.")
    enabled: StrictBool = Field(True, description="Whether requests may show it.")

    @model_validator(mode="before")
    @classmethod
    def _hash(cls, given: object) -> object:
        if not isinstance(given, Mapping):
            return given
        if ("key" in given) == ("sha256" in given):
            raise ValueError("give either key or sha256")
        if "sha256" in given:
            return given
        rest = {name: value for name, value in given.items() if name != "key"}
        key = given["key"]
        if not isinstance(key, str) or not 8 <= len(key) <= 255:
            raise ValueError("key is a text of 8 to 255 characters")
        return {**rest, "sha256": digest_of(key)}

    @property
    def identity(self) -> str:
        """The first digits of the hash: enough to name the key, useless to a thief."""
        return self.sha256[:KEY_ID_LENGTH]


class NumberRule(ConfigModel):
    """An entry of the allow or the deny list."""

    pattern: str = Field(
        min_length=1,
        max_length=MAX_PATTERN_LENGTH,
        pattern=NO_NUL,
        description="Address, or regular expression for the whole of it.",
    )
    allow: StrictBool = Field(
        description="Whether it belongs to the allow or the deny list."
    )

    @property
    def identity(self) -> str:
        """The pattern, by which commands and the admin API address it."""
        return self.pattern


class ProxyMode(StrEnum):
    """How a proxy gets the call."""

    LOOSE_ROUTING = "LOOSE_ROUTING"  # a Route header names it
    REWRITE_DESTINATION = "REWRITE_DESTINATION"  # its address becomes the Request-URI's


class RtpMode(StrEnum):
    """Whether media through a proxy is encrypted (RFC 4568)."""

    SYSTEM_DEFAULT = "RTP_USE_SYSTEM_DEFAULT"  # as INSECURE_ONLY
    INSECURE_ONLY = "RTP_USE_INSECURE_ONLY"
    SECURE_ONLY = "RTP_USE_SECURE_ONLY"
    BOTH = "RTP_USE_BOTH"  # offered; the far end chooses


class Proxy(ConfigModel):
    """A SIP proxy or trunk; used through the groups that name it."""

    id: ObjectId = Field(description="Letters, digits, dot, dash, underscore.")
    description: Text = Field("", description="What it is, for people.")
    mode: ProxyMode = Field(
        ProxyMode.LOOSE_ROUTING,
        description="Named by a Route header, or in place of the destination.",
    )
    address: Annotated[str, AfterValidator(_check_address)] = Field(
        description="Its SIP URI, such as sip:192.0.2.1:5060;transport=tcp."
    )
    priority: StrictInt = Field(
        1, ge=0, le=1_000_000, description="The lowest number is preferred."
    )
    weight: StrictInt = Field(
        1, ge=0, le=1_000_000, description="Its share among proxies of one priority."
    )
    caller_id: User | None = Field(None, description="User part of From.")
    rtp_mode: RtpMode = Field(
        RtpMode.SYSTEM_DEFAULT, description="Whether media through it is encrypted."
    )
    call_limit: CallLimit | None = Field(None, description="Calls at once.")
    calls_per_second: PerSecond | None = Field(
        None, description="Calls that may begin in one second."
    )
    ping_interval_ms: StrictInt | None = Field(
        None,
        ge=1000,
        le=3_600_000,
        description="Milliseconds between OPTIONS pings; none without it.",
    )
    down_retry_ms: StrictInt = Field(
        30_000,
        ge=100,
        le=3_600_000,
        description="Milliseconds until it is tried again after it was down.",
    )
    first_response_ms: StrictInt = Field(
        4_000,
        ge=100,
        le=32_000,  # then SIP gives up by itself (64*T1, RFC 3261 §17.1.1.2)
        description="Milliseconds without any response until the next proxy is tried.",
    )
    progress_timeout_ms: StrictInt | None = Field(
        None,
        ge=100,
        le=3_600_000,
        description="Milliseconds without 101 to 199 until the next proxy is tried.",
    )
    headers: tuple[ObjectId, ...] = Field(
        (), max_length=32, description="Custom headers of requests through it."
    )

    @property
    def identity(self) -> str:
        """The id by which commands and the admin API address it."""
        return self.id


DEFAULT_FAILOVER = ("local-timer", "local-transport", "500", "502", "503", "504")
NEVER_FAILOVER = frozenset({"404", "486", "487", "600", "603", "604"})


def _check_failover(entry: str) -> str:
    if entry in NEVER_FAILOVER:
        raise ValueError(
            f"{entry} is the callee's own word: another proxy is never tried"
        )
    is_status = len(entry) == 3 and entry.isascii() and entry.isdigit()
    if entry not in _local_failures() and not (is_status and "300" <= entry <= "699"):
        raise ValueError(
            f"{entry} is neither a status from 300 to 699 nor local-timer nor local-transport"
        )
    return entry


def _local_failures() -> tuple[str, ...]:
    # Here, since completing an option needs the fields of objects and no events of SIP.
    from sip.events import Origin

    return Origin.LOCAL_TIMER.value, Origin.LOCAL_TRANSPORT.value


class ProxyGroup(ConfigModel):
    """Proxies that one call may be tried through, and when the next one is."""

    id: ObjectId = Field(description="Letters, digits, dot, dash, underscore.")
    members: tuple[ObjectId, ...] = Field(
        (), max_length=100, description="Proxies that a call may be tried through."
    )
    failover: tuple[Annotated[str, AfterValidator(_check_failover)], ...] = Field(
        DEFAULT_FAILOVER,
        description="Status, local-timer or local-transport after which the next is tried.",
    )
    default: StrictBool = Field(
        False, description="For calls whose request and application name no group."
    )

    @property
    def identity(self) -> str:
        """The id by which commands and the admin API address it."""
        return self.id


class CustomHeader(ConfigModel):
    """A header for requests to the proxies that name it."""

    id: ObjectId = Field(description="Letters, digits, dot, dash, underscore.")
    name: str = Field(description="Name of the SIP header.")
    value: str = Field(
        max_length=MAX_HEADER_VALUE_BYTES, description="Value of the SIP header."
    )
    request: Literal["ALL", "INVITE", "CANCEL", "BYE", "OPTIONS"] = Field(
        "ALL", description="SIP request that carries it."
    )

    @model_validator(mode="after")
    def _check_sendable(self, info: ValidationInfo) -> "CustomHeader":
        # Stored ones must load, or the platform would not start any more.
        if info.context != AS_STORED:
            try:
                read_headers([(self.name, self.value)])
            except SipError as error:
                raise ValueError(str(error)) from None
        return self

    @property
    def identity(self) -> str:
        """The id by which commands and the admin API address it."""
        return self.id


class PlatformCredential(ConfigModel):
    """Answers digest challenges of one realm. Given with ``password`` or ``ha1``; held as HA1."""

    realm: str = Field(
        min_length=1,
        max_length=255,
        pattern=NO_NUL,
        description="Realm of the challenges it answers.",
    )
    username: str = Field(
        min_length=1, max_length=255, pattern=NO_NUL, description="User name."
    )
    ha1: str = Field(
        repr=False,
        pattern=r"^[0-9a-f]{32}$",
        description="MD5 of username:realm:password, as hex.",
    )
    qop: Literal["AUTH", "AUTH_INT"] = Field(
        "AUTH_INT",
        description="Taken for compatibility: challenges are answered with auth.",
    )

    @model_validator(mode="before")
    @classmethod
    def _hash(cls, given: object) -> object:
        if not isinstance(given, Mapping):
            return given
        if ("password" in given) == ("ha1" in given):
            raise ValueError("give either password or ha1")
        if "ha1" in given:
            return given
        if not isinstance(given["password"], str):
            raise ValueError("password is a text")  # noqa: TRY004 - pydantic asks for it
        rest = {name: value for name, value in given.items() if name != "password"}
        text = ":".join(
            str(part)
            for part in (
                given.get("username", ""),
                given.get("realm", ""),
                given["password"],
            )
        )
        return {**rest, "ha1": hashlib.md5(text.encode()).hexdigest()}

    @property
    def identity(self) -> str:
        """The realm, by which commands and the admin API address it."""
        return self.realm


def _check_event_pattern(pattern: str, info: ValidationInfo) -> str:
    known = any(type_matches(kind.value, [pattern]) for kind in EventType)
    if not known and info.context != AS_STORED:
        raise ValueError(f"no type of event matches {pattern}")
    return pattern


EventPattern = Annotated[
    str,
    StringConstraints(max_length=64, pattern=r"^[a-z.*]+$"),
    AfterValidator(_check_event_pattern),
]
WebhookSecret = Annotated[str, AfterValidator(check_secret)]


class Webhook(ConfigModel):
    """A URI that events are delivered to: by POST, signed as Standard Webhooks says."""

    id: ObjectId = Field(description="Letters, digits, dot, dash, underscore.")
    uri: Annotated[
        str,
        StringConstraints(max_length=2048, pattern=NO_NUL),
        AfterValidator(check_uri),
    ] = Field(description="Where it is, by http or https.")
    account: ObjectId | None = Field(
        None, description="Account whose events it gets; without it those of all."
    )
    application: ObjectId | None = Field(
        None, description="Application whose events it gets; without it those of all."
    )
    events: tuple[EventPattern, ...] = Field(
        ("*",),
        min_length=1,
        max_length=50,
        description="Types of events, as call.ended, or patterns, as call.*.",
    )
    by_hint: StrictBool = Field(
        False,
        description="Whether it gets only events of requests whose hint webhook names it.",
    )
    masked: StrictBool = Field(
        False,
        description="Whether telephone numbers and digits are hidden in what it gets.",
    )
    secrets: tuple[WebhookSecret, ...] = Field(
        min_length=1,
        max_length=2,
        repr=False,
        description="What deliveries are signed with: whsec_ and 24 to 64 bytes in base64; "
        "two while one is replaced by the other.",
    )

    @property
    def identity(self) -> str:
        """The id by which commands, hints and the admin API address it."""
        return self.id

    def serves(self, account: str | None, application: str | None) -> bool:
        """Whether it may get events of *application* of *account*."""
        return self.account in (None, account) and (
            self.application in (None, application)
        )


class Objects(ConfigModel):
    """All objects of a platform; also the tables of a file for ``outring apply``."""

    licence: Licence = Field(default_factory=Licence)
    account: tuple[Account, ...] = ()
    application: tuple[Application, ...] = ()
    key: tuple[ApiKey, ...] = ()
    rule: tuple[NumberRule, ...] = ()
    proxy: tuple[Proxy, ...] = ()
    group: tuple[ProxyGroup, ...] = ()
    header: tuple[CustomHeader, ...] = ()
    credential: tuple[PlatformCredential, ...] = ()
    webhook: tuple[Webhook, ...] = ()
    campaign: tuple[Campaign, ...] = ()
    caller_ids: tuple[CallerIdPool, ...] = ()
    window_rule: tuple[WindowRule, ...] = ()

    def of(self, kind: "ObjectKind") -> "tuple[Object, ...]":
        """Return all objects of *kind*."""
        held = getattr(self, kind.table)
        return held if isinstance(held, tuple) else (held,)

    def find(self, kind: "ObjectKind", identity: str) -> "Object | None":
        """Return the object of *kind* with this identity, or None."""
        return next((item for item in self.of(kind) if item.identity == identity), None)


Object = (
    Licence
    | Account
    | Application
    | ApiKey
    | NumberRule
    | Proxy
    | ProxyGroup
    | CustomHeader
    | PlatformCredential
    | Webhook
    | Campaign
    | CallerIdPool
    | WindowRule
)


@dataclass(frozen=True, slots=True)
class Secret:
    """A field that is given in clear text and never shown; most are stored as a hash."""

    given: str  # name of the clear text; of a hash it is not a field of the model
    held: str  # field that is stored
    over: tuple[str, ...] = ()  # further fields that go into the hash
    help: str = ""

    @property
    def is_hashed(self) -> bool:
        """Whether only a hash of it is stored."""
        return self.given != self.held


@dataclass(frozen=True, slots=True)
class ObjectKind:
    """One kind of object, and its names in files, commands and the admin API."""

    table: str  # in TOML, and in the database
    plural: str  # command, and path of the admin API
    model: type[ConfigModel]
    identity: str  # the field that identifies it
    references: tuple[tuple[str, str], ...] = ()  # field, table it refers to
    secret: Secret | None = None
    pause: Literal["drain", "pause"] | None = None
    """The verb for taking no new calls of it, or delivering nothing to it, for a while; None:
    it cannot be paused."""
    words: str = ""
    """What people call such an object, if the table has another name."""

    @property
    def noun(self) -> str:
        """Return what people call such an object, as in sentences and names of operations."""
        return self.words or self.table


KINDS = {
    kind.table: kind
    for kind in (
        ObjectKind(
            "account",
            "accounts",
            Account,
            "id",
            secret=Secret("auth_token", "auth_token"),
            pause="pause",
        ),
        ObjectKind(
            "application",
            "apps",
            Application,
            "id",
            (("account", "account"), ("proxy_group", "group")),
            pause="pause",
        ),
        ObjectKind(
            "key",
            "keys",
            ApiKey,
            "sha256",
            (("application", "application"),),
            secret=Secret(
                "key", "sha256", help="The key itself, of 8 to 255 characters."
            ),
        ),
        ObjectKind("rule", "rules", NumberRule, "pattern"),
        ObjectKind(
            "proxy", "proxies", Proxy, "id", (("headers", "header"),), pause="drain"
        ),
        ObjectKind("group", "groups", ProxyGroup, "id", (("members", "proxy"),)),
        ObjectKind("header", "headers", CustomHeader, "id"),
        ObjectKind(
            "credential",
            "credentials",
            PlatformCredential,
            "realm",
            secret=Secret("password", "ha1", ("username",), "The password."),
        ),
        ObjectKind(
            "webhook",
            "webhooks",
            Webhook,
            "id",
            (("account", "account"), ("application", "application")),
            secret=Secret("secrets", "secrets"),
            pause="pause",
        ),
        ObjectKind(
            "campaign",
            "campaigns",
            Campaign,
            "id",
            (("application", "application"), ("caller_ids", "caller_ids")),
        ),
        ObjectKind(
            "caller_ids", "caller-ids", CallerIdPool, "id", words="caller id pool"
        ),
        ObjectKind(
            "window_rule", "window-rules", WindowRule, "id", words="window rule"
        ),
        ObjectKind("licence", "licence", Licence, ""),
    )
}


def digest_of(key: str) -> str:
    """Return the SHA-256 of an API key as hex. Keys are random, so no salt is needed."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def references(kind: ObjectKind, item: Object) -> Iterator[tuple[str, ObjectKind, str]]:
    """Yield field, kind and identity of everything that *item* refers to."""
    for field, table in kind.references:
        value = getattr(item, field)
        for identity in value if isinstance(value, tuple) else (value,):
            if identity is not None:
                yield field, KINDS[table], identity
