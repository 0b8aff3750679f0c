"""Settings: what the program is started with, from ``outring.toml`` and the environment.

``OUTRING_<SECTION>_<NAME>`` overrides one value of the file; a list is given
with commas. The file is ``outring.toml`` in the working directory, or what
``OUTRING_CONFIG`` or ``--config`` names. Relative paths of the file, and the database that
it does not name, are beside the file; those of the environment are in the working directory.
"""

import os
import re
import socket
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self, get_args, get_origin
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationError,
    model_validator,
)
from pydantic.fields import FieldInfo

from sip.agent import AgentConfig, HepServer, ListeningPoint
from sip.errors import SipError
from sip.uri import SipUri

from .role import Role
from .toml_file import (
    NO_NUL,
    ConfigMistake,
    ConfigModel,
    ConfigurationError,
    TomlFile,
    Tree,
    User,
    describe_errors,
)

DEFAULT_FILE = Path("outring.toml")
SQLITE = "sqlite:///"  # what the URL of a SQLite file begins with
MAX_FETCH_MS = 60_000
VOICE_PATTERN = r"^[A-Za-z][A-Za-z0-9]{0,31}([_+-][A-Za-z0-9]{1,31}){0,7}$"
"""A language or a voice, as ``en``, ``de-AT`` or ``en-us+f3``; no option, and no path."""
NATS_SCHEMES = ("nats", "tls")
REDIS_SCHEMES = ("redis", "rediss", "unix", "redis+cluster", "rediss+cluster")
_PREFIX = "OUTRING_"
_HOST_PATTERN = re.compile(r"\*|(\*\.)?[\w.-]+|[\da-fA-F:.]+", re.ASCII)
_HOST = re.compile(r"[\w.-]+|\[[\da-fA-F:.]+\]", re.ASCII)
_NOT_SETTINGS = {
    "OUTRING_CONFIG",
    "OUTRING_CONTEXT",
    "OUTRING_URL",
    "OUTRING_API_KEY",
    "OUTRING_ADMIN_TOKEN",
}


def _check_address(text: str) -> str:
    try:
        ip_address(text)
    except ValueError:
        raise ValueError(f"{text} is not an IPv4 or IPv6 address") from None
    return text


def _check_listener(text: str) -> str:
    parse_listener(text)
    return text


def parse_listener(text: str) -> ListeningPoint:
    """Parse ``udp:127.0.0.1:5060`` or ``tls:[::1]:5061``; raises ValueError."""
    protocol, _, rest = text.partition(":")
    host, colon, port = rest.rpartition(":")
    host = _strip_brackets(host)
    if protocol not in ("udp", "tcp", "tls") or not colon or not port.isdecimal():
        raise ValueError(
            f"{text} is not protocol:address:port with protocol udp, tcp or tls"
        )
    if int(port) > 65535:
        raise ValueError(f"{port} is not a port")
    return ListeningPoint(protocol, _check_address(host), int(port))


def _check_udp_server(text: str) -> str:
    protocol, _, rest = text.partition(":")
    host, _, port = rest.rpartition(":")
    if protocol != "udp" or not _HOST.fullmatch(host):
        raise ValueError(f"{text} is not udp:host:port")
    if not port.isdecimal() or not 0 < int(port) < 2**16:
        raise ValueError(f"{port} is not a port")
    return text


def _strip_brackets(host: str) -> str:
    return host.removeprefix("[").removesuffix("]")


def _check_readable(path: Path) -> Path:
    try:
        with path.open("rb"):
            return path
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None


def _check_authorities(path: Path) -> Path:
    import ssl  # it takes time, and few have such a file

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        raise ValueError(f"{path} has no certificates in PEM") from None
    return path


def _check_domain(text: str) -> str:
    try:
        SipUri.parse(f"sip:{text}")
    except SipError as error:
        raise ValueError(str(error)) from None
    return text


def _check_http_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(f"{text} is not an http or https URL")
    return text.rstrip("/")


def _check_redis_url(text: str) -> str:
    if urlsplit(text).scheme not in REDIS_SCHEMES:
        raise ValueError(f"the URL starts with none of {', '.join(REDIS_SCHEMES)}")
    return text


def _check_nats_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in NATS_SCHEMES or not parts.hostname:
        raise ValueError(f"the URL starts with none of {', '.join(NATS_SCHEMES)}")
    return text


def _check_header(text: str) -> str:
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+=[\t -~]*", text):
        raise ValueError(f"{text.partition('=')[0]} is not the NAME of NAME=VALUE")
    return text


def _split(value: object) -> object:
    return (
        [part.strip() for part in value.split(",")] if isinstance(value, str) else value
    )


def _check_host_pattern(text: str) -> str:
    if not _HOST_PATTERN.fullmatch(text):
        raise ValueError(
            f"{text} is not a host name, a pattern such as *.example.com, or *"
        )
    return text.lower()


def _resolve_folder(path: Path) -> Path:
    try:
        real = path.resolve(strict=True)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    if not real.is_dir():
        raise ValueError(f"{path} is not a folder")
    return real


Address = Annotated[str, AfterValidator(_check_address)]
File = Annotated[Path, AfterValidator(_check_readable)]
Port = Annotated[int, Field(ge=0, le=65535)]
MediaPort = Annotated[int, Field(ge=1024, le=65535)]


class HttpSettings(ConfigModel):
    """Where the HTTP API listens, and the limits of its clients."""

    host: Address = Field("127.0.0.1", description="Address where the API listens.")
    port: Port = Field(9698, description="TCP port of it; 0 takes a free one.")
    public_url: Annotated[str, AfterValidator(_check_http_url)] | None = Field(
        None,
        description="URL of the API as others reach it, which documents and web servers are told.",
    )
    tls_certificate: File | None = Field(
        None,
        description="PEM file of the certificate; with the key it makes HTTPS of HTTP.",
    )
    tls_private_key: File | None = Field(None, description="PEM file of the key.")
    max_connections: int = Field(
        8192, ge=1, le=1_000_000, description="HTTP clients at once."
    )
    max_connections_per_address: int = Field(
        4096, ge=1, le=1_000_000, description="HTTP clients at once from one address."
    )
    head_timeout_ms: int = Field(
        10_000,
        ge=100,
        le=600_000,
        description="Milliseconds for the whole head of a request, and for the TLS handshake.",
    )
    body_timeout_ms: int = Field(
        30_000,
        ge=100,
        le=3_600_000,
        description="Milliseconds for the whole body of a request.",
    )
    idle_timeout_ms: int = Field(
        75_000,
        ge=100,
        le=3_600_000,
        description="Milliseconds that a connection may wait for its next request.",
    )
    unread_timeout_ms: int = Field(
        30_000,
        ge=100,
        le=3_600_000,
        description="Milliseconds that a client may leave answers unread.",
    )

    @model_validator(mode="after")
    def _check_tls_files(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_private_key is None):
            raise ValueError("tls_certificate and tls_private_key belong together")
        return self


class SipSettings(ConfigModel):
    """Configuration of the SIP user agent."""

    listen: Annotated[
        tuple[Annotated[str, AfterValidator(_check_listener)], ...],
        BeforeValidator(_split),
        Field(min_length=1),
    ] = Field(
        ("udp:127.0.0.1:5060",),
        description="Where SIP is spoken: protocol:address:port, one for each of udp, tcp, tls and IPv4, IPv6. From a loopback address this machine alone can be called.",
    )
    public_address: Address | None = Field(
        None,
        description="Address in Contact, Via and SDP, if it is not the one that listens (NAT).",
    )
    user_agent: str = Field(
        "outring",
        min_length=1,
        pattern=r"^[\x20-\x7e]+$",
        description="What is sent as User-Agent.",
    )
    caller_id: User = Field(
        "bvr", description="User part of From, where neither request nor proxy says it."
    )
    default_domain: Annotated[str, AfterValidator(_check_domain)] | None = Field(
        None,
        description="Host at which telephone numbers are called that no proxy takes.",
    )
    max_calls: int = Field(1000, ge=1, description="Calls at once.")
    rtp_port_min: MediaPort = Field(
        10000, description="First UDP port of media; a call takes two."
    )
    rtp_port_max: MediaPort = Field(19999, description="Last UDP port of media.")
    codecs: Annotated[
        tuple[Literal["PCMU", "PCMA", "opus"], ...],
        BeforeValidator(_split),
        Field(min_length=1),
    ] = Field(("PCMU", "PCMA", "opus"), description="What is offered, in this order.")
    tls_certificate: File | None = Field(
        None, description="PEM file of the certificate that the tls listener shows."
    )
    tls_private_key: File | None = Field(None, description="PEM file of its key.")
    tls_ca: File | None = Field(
        None,
        description="PEM file of authorities that are trusted; without it those of the system.",
    )
    tls_verify: bool = Field(
        True, description="Whether TLS servers have to prove who they are."
    )
    tls_wildcards: bool = Field(
        True,
        description="Whether *.example.com in a server's certificate names sip.example.com.",
    )
    nameservers: Annotated[tuple[Address, ...], BeforeValidator(_split)] = Field(
        (), description="Addresses of name servers; none: those of the system."
    )
    resolver_timeout_ms: int = Field(
        3000,
        ge=100,
        le=30000,
        description="Milliseconds for finding the addresses of a name.",
    )

    @model_validator(mode="after")
    def _check_whole(self) -> Self:
        if self.rtp_port_max <= self.rtp_port_min:
            raise ValueError("rtp_port_max must be above rtp_port_min")
        if (
            carried := (self.rtp_port_max - self.rtp_port_min + 1) // 2
        ) < self.max_calls:
            raise ValueError(
                f"ports {self.rtp_port_min} to {self.rtp_port_max} carry {carried} calls "
                f"(two ports each), and max_calls is {self.max_calls}"
            )
        if any(entry.startswith("tls:") for entry in self.listen) and (
            self.tls_certificate is None or self.tls_private_key is None
        ):
            raise ValueError("a tls listener needs tls_certificate and tls_private_key")
        listeners = [parse_listener(entry) for entry in self.listen]
        if len(
            {(listener.protocol, ":" in listener.address) for listener in listeners}
        ) < len(listeners):
            raise ValueError(
                "there can be one listener for each protocol and address family"
            )
        return self

    def agent_config(
        self, hep: HepServer | None = None, *, media_timeout_ms: int = 0
    ) -> AgentConfig:
        """Return the configuration for ``sip.start_agent``, with values of other sections."""
        return AgentConfig(
            listeners=tuple(map(parse_listener, self.listen)),
            public_address=self.public_address,
            user_agent=self.user_agent,
            caller_id=self.caller_id,
            max_calls=self.max_calls,
            rtp_port_min=self.rtp_port_min,
            rtp_port_max=self.rtp_port_max,
            codecs=self.codecs,
            tls_certificate=_text(self.tls_certificate),
            tls_private_key=_text(self.tls_private_key),
            tls_ca=_text(self.tls_ca),
            tls_verify=self.tls_verify,
            tls_wildcards=self.tls_wildcards,
            media_timeout_s=media_timeout_ms / 1000,
            resolver_timeout_s=self.resolver_timeout_ms / 1000,
            nameservers=self.nameservers,
            hep=hep,
        )


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


class CallSettings(ConfigModel):
    """Limits of a call, where neither the request nor its application sets others."""

    ring_timeout_ms: int = Field(
        60_000,
        ge=1000,
        le=600_000,
        description="Milliseconds to ring before CANCEL, where neither request nor application says it.",
    )
    max_duration_ms: int = Field(
        4 * 3_600_000,
        ge=1000,
        description="Milliseconds until an answered call is hung up, likewise.",
    )
    # Nothing talks on such a call, and nothing but its far end would end it.
    max_duration_without_document_ms: int = Field(
        600_000,
        ge=1000,
        description="The same for a call whose application has no document: nobody talks on it.",
    )
    media_timeout_ms: int = Field(
        120_000,
        ge=0,
        le=86_400_000,
        description="Milliseconds without RTP and RTCP until an answered call is ended; 0: never.",
    )
    max_queue_wait_ms: int = Field(
        5000,
        ge=0,
        le=60_000,
        description="Milliseconds that a request may wait for its turn in calls per second.",
    )
    burst: int = Field(
        1,
        ge=1,
        le=10_000,
        description="Calls that may begin at once after a pause, within calls per second.",
    )
    drain_ms: int = Field(
        30_000,
        ge=0,
        le=3_600_000,
        description="Milliseconds that a stop waits for calls to end.",
    )


class OverloadSettings(ConfigModel):
    """When new work is delayed or refused because the process falls behind."""

    lag_ms: int = Field(
        50,
        ge=10,
        le=60_000,
        description="While the SIP thread or the event loop lags more, requests wait in a line.",
    )
    wait_ms: int = Field(
        1000,
        ge=0,
        le=60_000,
        description="Milliseconds of that at the most; what would wait longer is refused at once.",
    )


class NodeSettings(ConfigModel):
    """This process among the others that share its database."""

    role: Role = Field(
        Role.ALL,
        description="front takes requests, node carries calls, all does both; the first two need redis.url.",
    )

    name: str = Field(
        default_factory=socket.gethostname,
        min_length=1,
        max_length=64,
        pattern=r"^[\x21-\x7e]+$",
        description="This process among those that share a database; else the name of the host.",
    )
    capabilities: Annotated[
        tuple[Literal["outbound", "ccxml", "vxml", "stream"], ...],
        BeforeValidator(_split),
    ] = Field(
        ("outbound", "ccxml", "vxml", "stream"),
        description="What it carries; without outbound it places no calls.",
    )


class CcxmlSettings(ConfigModel):
    """Limits of the CCXML sessions of this node."""

    enabled: bool = Field(True, description="Whether applications may start.")
    max_sessions: int = Field(
        10_000, ge=1, le=1_000_000, description="Sessions at once."
    )
    max_sessions_per_application: int = Field(
        5000, ge=1, le=1_000_000, description="Sessions of one application at once."
    )
    max_age_ms: int = Field(
        24 * 3_600_000,
        ge=1000,
        description="Milliseconds after which a session is asked to end.",
    )
    max_idle_ms: int = Field(
        300_000,
        ge=1000,
        description="Milliseconds after which a session is that has nothing to wait for.",
    )
    kill_grace_ms: int = Field(
        10_000,
        ge=100,
        le=600_000,
        description="Milliseconds that it then has to end by itself.",
    )


class VxmlSettings(ConfigModel):
    """Limits of the VoiceXML sessions of this node, including those of CCXML documents."""

    max_sessions: int = Field(
        5000,
        ge=1,
        le=1_000_000,
        description="VoiceXML dialogs at once, those of CCXML documents too.",
    )


class RecordSettings(ConfigModel):
    """How call records are written and how long they are kept."""

    kept_days: float = Field(
        90, gt=0, le=36_500, description="Days that records of calls are kept."
    )
    waiting_limit: int = Field(
        50_000,
        ge=100,
        le=10_000_000,
        description="Records that wait in memory while the database is away.",
    )
    file: Path | None = Field(
        None,
        description="File of JSON lines to which ended calls are written, beside the database.",
    )


class EventSettings(ConfigModel):
    """How long the event log keeps what became of each call."""

    kept_days: float = Field(
        7,
        gt=0,
        le=36_500,
        description="Days that events are kept, at most as long as records.",
    )
    limit: int = Field(
        20_000_000,
        ge=1000,
        le=1_000_000_000_000,
        description="Events that are kept at most; the oldest are deleted.",
    )


class DatabaseSettings(ConfigModel):
    """The database of the platform's objects and records."""

    # repr is off because it may hold a password.
    url: str = Field(
        f"{SQLITE}outring.db",
        min_length=1,
        repr=False,
        description="Platform objects and records: sqlite:///FILE or postgresql://user@host/name.",
    )
    busy_timeout_ms: int = Field(
        1000,
        ge=1,
        le=60_000,
        description="Milliseconds that a write waits for another process (SQLite).",
    )


class RedisSettings(ConfigModel):
    """The Redis in which the processes of a platform share slots, rates and requests."""

    # repr is off because it may hold a password.
    url: Annotated[str, AfterValidator(_check_redis_url)] | None = Field(
        None,
        repr=False,
        description="What several processes share: redis://, rediss:// (TLS), unix:// or redis+cluster://.",
    )
    timeout_ms: int = Field(
        500,
        ge=10,
        le=60_000,
        description="Milliseconds that Redis may take for an answer.",
    )
    prefix: str = Field(
        "outring",
        max_length=64,
        pattern=r"^[A-Za-z0-9_.-]+$",
        description="What every key begins with.",
    )


class AdminSettings(ConfigModel):
    """The admin API. It is off without a token; ``outring token`` makes one."""

    token_sha256: str | None = Field(
        None,
        repr=False,
        pattern=r"^[0-9a-f]{64}$",
        description="SHA-256 of the token of the admin API, which is off without one; outring token makes it.",
    )


class FetchSettings(ConfigModel):
    """What documents, scripts and messages may fetch, from where, and with which limits; the
    same addresses may be those of webhooks.
    """

    schemes: Annotated[
        tuple[Literal["http", "https"], ...], BeforeValidator(_split)
    ] = Field(
        ("http", "https"),
        description="How documents, scripts and messages may be fetched.",
    )
    hosts: Annotated[
        tuple[Annotated[str, AfterValidator(_check_host_pattern)], ...],
        BeforeValidator(_split),
    ] = Field(
        ("*",),
        description="From where: names, patterns as *.example.com, or * for all.",
    )
    folders: Annotated[
        tuple[Annotated[Path, AfterValidator(_resolve_folder)], ...],
        BeforeValidator(_split),
    ] = Field((), description="Local folders from which file: URIs may be read.")
    tls_ca: Annotated[File, AfterValidator(_check_authorities)] | None = Field(
        None,
        description="PEM file of the authorities that vouch for servers of https and wss; without "
        "it those of the system.",
    )
    allow_private: bool = Field(
        True, description="Whether loopback and private networks may be connected to."
    )
    allow_link_local: bool = Field(
        False,
        description="Whether link-local, metadata, multicast and unspecified addresses may be.",
    )
    timeout_ms: int = Field(
        10_000,
        ge=1,
        le=MAX_FETCH_MS,
        description="Milliseconds for a fetch, where the document does not say it.",
    )
    max_bytes: int = Field(
        2**20, ge=1, le=2**26, description="Bytes of one answer, at the most."
    )
    max_redirects: int = Field(
        5, ge=0, le=20, description="Redirects that are followed for one fetch."
    )
    cache_bytes: int = Field(
        2**25, ge=0, description="Bytes of answers that are kept (RFC 9111); 0: none."
    )
    stale_if_error_s: float = Field(
        86_400,
        ge=0,
        description="Seconds that a stale answer stands in while its server is away.",
    )


def _cache_dir() -> Path:
    """Return the directory for caches: that of systemd, else the user's."""
    if folder := os.environ.get("CACHE_DIRECTORY"):  # systemd.exec(5)
        return Path(folder.partition(":")[0], "sounds")
    try:
        usual = Path.home() / ".cache"
    except RuntimeError:  # this user has no home
        usual = Path("/var/cache")
    return Path(os.environ.get("XDG_CACHE_HOME") or usual, "outring", "sounds")


class MediaSettings(ConfigModel):
    """Where sounds and recordings are, and how much of them is kept."""

    folders: Annotated[
        tuple[Annotated[Path, AfterValidator(_resolve_folder)], ...],
        BeforeValidator(_split),
    ] = Field(
        (),
        description="Local folders from which sounds may be played, beside fetch.folders.",
    )
    cache_dir: Path = Field(
        default_factory=_cache_dir,
        description="Folder where speech and fetched sounds are kept.",
    )
    cache_bytes: int = Field(
        2**28,
        ge=2**16,
        description="Bytes of that at the most; what was not used for longest goes first.",
    )
    max_bytes: int = Field(
        2**24, ge=2**10, le=2**26, description="Bytes of one sound, at the most."
    )
    timeout_ms: int = Field(
        10_000,
        ge=1,
        le=MAX_FETCH_MS,
        description="Milliseconds for fetching one sound.",
    )
    recordings: Path | None = Field(
        None,
        description="Folder for what dialogs record; without it they record nothing.",
    )
    recordings_bytes: int = Field(2**30, ge=0, description="Bytes of that at the most.")

    @model_validator(mode="after")
    def _check_sizes(self) -> Self:
        if self.max_bytes > self.cache_bytes:
            raise ValueError("max_bytes must not be above cache_bytes")
        return self


class RecordingSettings(ConfigModel):
    """Recordings of whole calls, in stereo: where they are, and how long they are kept."""

    folder: Path | None = Field(
        None, description="Folder for their files; without it no call is recorded."
    )
    max_bytes: int = Field(
        10 * 2**30,
        ge=0,
        description="Bytes of that from which on no further recording begins.",
    )
    max_duration_s: int = Field(
        4 * 3600,
        ge=1,
        le=24 * 3600,
        description="Seconds of one recording at the most; one takes 32 kB a second.",
    )
    local_days: float | None = Field(
        None,
        ge=0,
        le=36_500,
        description="Days that files are kept here; for ever without it.",
    )
    keep_local: bool = Field(
        False, description="Whether a file is kept here once it is uploaded."
    )
    remote_days: float | None = Field(
        None,
        ge=0,
        le=36_500,
        description="Days that uploaded ones are kept; for ever without it.",
    )
    give_up_hours: float = Field(
        72,
        gt=0,
        le=8760,
        description="Hours for which an upload is tried; then the file stays here.",
    )


class S3Settings(ConfigModel):
    """The S3-compatible store that recordings are uploaded to; it is off without a bucket."""

    bucket: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$",
        description="The bucket; it has to exist.",
    )
    prefix: str = Field(
        "recordings/",
        max_length=256,
        pattern=r"^([A-Za-z0-9_.=-]+/)*$",
        description="What the name of every object begins with; it ends with a slash.",
    )
    region: str = Field("us-east-1", min_length=1, description="The region.")
    endpoint: Annotated[str, AfterValidator(_check_http_url)] | None = Field(
        None, description="Where the store is, if not at AWS."
    )
    # repr is off because these are secrets.
    access_key_id: str | None = Field(
        None,
        repr=False,
        description="Id of the key; without it AWS_ACCESS_KEY_ID, or the role of the machine.",
    )
    secret_access_key: str | None = Field(
        None, repr=False, description="The key itself, beside its id."
    )
    virtual_hosted: bool = Field(
        False, description="Whether the bucket is a part of the host's name."
    )
    timeout_ms: int = Field(
        600_000,
        ge=100,
        le=3_600_000,
        description="Milliseconds that one request to it may take, with all that it carries.",
    )


class SpeechSettings(ConfigModel):
    """The speech command; it reads the text from its standard input."""

    command: Annotated[
        tuple[Annotated[str, Field(min_length=1, pattern=NO_NUL)], ...],
        BeforeValidator(_split),
        Field(min_length=1),
    ] = Field(
        ("espeak-ng", "--stdout", "-b", "1", "-v", "{voice}"),
        description="The program that speaks, with its arguments: text comes in, a WAV file goes out.",
    )
    ssml_options: Annotated[
        tuple[Annotated[str, Field(pattern=NO_NUL)], ...], BeforeValidator(_split)
    ] = Field(
        ("-m",),
        description="Arguments that are added for SSML; none: it takes no SSML.",
    )
    voice: str = Field(
        "en",
        pattern=VOICE_PATTERN,
        description="Language or voice, where nobody names one, as de-AT or en-us+f3.",
    )
    timeout_ms: int = Field(
        10_000,
        ge=1,
        le=600_000,
        description="Milliseconds for a text, with the wait for its turn.",
    )
    max_chars: int = Field(
        2000, ge=1, le=100_000, description="Characters of one text."
    )
    at_once: int = Field(
        4, ge=1, le=1000, description="How many texts are spoken at once."
    )


class HepSettings(ConfigModel):
    """The Homer server to which signalling is mirrored (HEP3), if any."""

    server: Annotated[str, AfterValidator(_check_udp_server)] | None = Field(
        None,
        description="Homer server that gets a copy of the signalling (HEP3): udp:host:port.",
    )
    capture_id: int = Field(1, ge=0, lt=2**32, description="Who sends it.")
    password: str = Field(
        "",
        repr=False,
        max_length=255,
        description="Key that the server asks for; it goes along in clear text.",
    )

    def destination(self) -> HepServer | None:
        """Return the server for ``sip.start_agent``, or None."""
        if self.server is None:
            return None
        host, _, port = self.server.removeprefix("udp:").rpartition(":")
        return HepServer(
            _strip_brackets(host), int(port), self.capture_id, self.password
        )


class NatsSettings(ConfigModel):
    """The stream of NATS JetStream that gets every event; it is off without a server."""

    # repr is off because they may hold a password.
    urls: Annotated[
        tuple[Annotated[str, AfterValidator(_check_nats_url)], ...],
        BeforeValidator(_split),
    ] = Field(
        (),
        repr=False,
        description="Servers of one cluster, nats:// or tls://; any of them is used. Off without one.",
    )
    credentials: File | None = Field(
        None, description="File of NATS credentials (.creds), as nsc makes it."
    )
    tls_ca: File | None = Field(
        None,
        description="File of the certificate authorities that servers are checked by (else the system's).",
    )
    stream: str = Field(
        "OUTRING",
        max_length=64,
        pattern=r"^[A-Za-z0-9_-]+$",
        description="The stream; it is made if there is none.",
    )
    prefix: str = Field(
        "outring",
        max_length=64,
        pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$",
        description="What every subject begins with.",
    )
    timeout_ms: int = Field(
        5000,
        ge=100,
        le=60_000,
        description="Milliseconds that the server may take to connect, and to acknowledge.",
    )


class OtelSettings(ConfigModel):
    """The collector of OpenTelemetry that gets spans of each call; it is off without one."""

    url: Annotated[str, AfterValidator(_check_http_url)] | None = Field(
        None,
        description="Where it takes spans by OTLP/HTTP, as http://127.0.0.1:4318/v1/traces.",
    )
    # repr is off because they may hold a token.
    headers: Annotated[
        tuple[Annotated[str, AfterValidator(_check_header)], ...],
        BeforeValidator(_split),
    ] = Field((), repr=False, description="Header fields of each request, NAME=VALUE.")
    service: str = Field(
        "outring", min_length=1, max_length=64, description="Attribute service.name."
    )
    timeout_ms: int = Field(
        10_000,
        ge=100,
        le=60_000,
        description="Milliseconds that the collector may take for an answer.",
    )


class LogSettings(ConfigModel):
    """What is logged to standard error, and how."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="debug, info, warning or error."
    )
    format: Literal["auto", "console", "json"] = Field(
        "auto",
        description="console, json, or auto: by whether standard error is a terminal.",
    )
    numbers: bool = Field(
        False,
        description="Whether telephone numbers stand in the log whole; else +49****12.",
    )


class Settings(ConfigModel):
    """All sections of the configuration."""

    http: HttpSettings = HttpSettings()
    sip: SipSettings = SipSettings()
    call: CallSettings = CallSettings()
    overload: OverloadSettings = OverloadSettings()
    node: NodeSettings = NodeSettings()
    record: RecordSettings = RecordSettings()
    event: EventSettings = EventSettings()
    database: DatabaseSettings = DatabaseSettings()
    redis: RedisSettings = RedisSettings()
    admin: AdminSettings = AdminSettings()
    ccxml: CcxmlSettings = CcxmlSettings()
    vxml: VxmlSettings = VxmlSettings()
    fetch: FetchSettings = FetchSettings()
    media: MediaSettings = MediaSettings()
    recording: RecordingSettings = RecordingSettings()
    s3: S3Settings = S3Settings()
    speech: SpeechSettings = SpeechSettings()
    hep: HepSettings = HepSettings()
    nats: NatsSettings = NatsSettings()
    otel: OtelSettings = OtelSettings()
    log: LogSettings = LogSettings()


def load_settings(
    file: Path | None = None,
    environment: Mapping[str, str] = os.environ,
    options: Mapping[str, str | None] | None = None,
) -> Settings:
    """Read the settings; raises ConfigurationError with every mistake.

    *file* defaults to ``OUTRING_CONFIG``, else to ``outring.toml``, which may be
    missing. *options* are named like environment variables and override them; None
    means not overrides.
    """
    overrides = {
        name: value for name, value in (options or {}).items() if value is not None
    }
    environment = {**environment, **overrides}
    variable = environment.get("OUTRING_CONFIG")  # empty: as if it were not there
    named = file or (Path(variable) if variable else None)
    source = TomlFile(named or DEFAULT_FILE) if named or has_default_file() else None
    tree = _resolve_paths(source.tree, source.path.parent) if source else {}
    variables, mistakes = _merge_environment(tree, environment)
    try:
        settings = Settings.model_validate(tree)
    except ValidationError as error:
        for location, text in describe_errors(error):
            variable = variables.get(tuple(map(str, location[:2])))
            place = source.place(location) if source else str(DEFAULT_FILE)
            mistakes.append(ConfigMistake(variable or place, text))
        raise ConfigurationError(mistakes) from error
    if mistakes:
        raise ConfigurationError(mistakes)
    return settings


def has_default_file() -> bool:
    """Whether ``outring.toml`` is in this folder; not, if nobody may look into the folder."""
    return os.path.exists(DEFAULT_FILE)


def _resolve_paths(tree: Tree, folder: Path) -> Tree:
    """Return the sections of *tree* with their relative paths beside *folder*."""
    resolved: Tree = {**tree, "database": tree.get("database", {})}
    for section, table in resolved.items():
        if not isinstance(table, dict) or section not in Settings.model_fields:
            continue
        paths = {
            name: _join(folder, _split(value) if _is_list(section, name) else value)
            for name, value in table.items()
            if _has_path(_type_of(section, name))
        }
        resolved[section] = {**table, **paths}
    if isinstance(database := resolved["database"], dict):
        url = database.get("url", DatabaseSettings.model_fields["url"].default)
        if isinstance(url, str) and url.startswith(SQLITE):
            url = f"{SQLITE}{folder / url.removeprefix(SQLITE)}"
        resolved["database"] = {**database, "url": url}
    return resolved


def _join(folder: Path, value: object) -> object:
    """Return the path *value*, or the list of them, within *folder*.

    What has a wrong type is left to the validation.
    """
    if isinstance(value, list):
        return [_join(folder, part) for part in value]
    return str(folder / value) if isinstance(value, str) else value


def _type_of(section: str, name: str) -> object:
    """Return the type of a setting; None if there is no such setting."""
    table = Settings.model_fields[section].annotation
    fields: Mapping[str, FieldInfo] = getattr(table, "model_fields", {})
    return fields[name].annotation if name in fields else None


def _is_list(section: str, name: str) -> bool:
    return get_origin(_type_of(section, name)) is tuple


def _has_path(annotation: object) -> bool:
    return annotation is Path or any(map(_has_path, get_args(annotation)))


def _merge_environment(
    tree: Tree, environment: Mapping[str, str]
) -> tuple[dict[tuple[str, ...], str], list[ConfigMistake]]:
    """Put the settings of *environment* into *tree*.

    Returns the variable of each setting that was put in, by section and name, and the
    variables that are no settings.
    """
    variables: dict[tuple[str, ...], str] = {}
    mistakes: list[ConfigMistake] = []
    for variable, value in environment.items():
        if not variable.startswith(_PREFIX) or variable in _NOT_SETTINGS:
            continue
        section, _, name = variable.removeprefix(_PREFIX).lower().partition("_")
        if not _is_setting(section, name):
            text = "This is not a setting of outring; is it misspelt?"
            mistakes.append(ConfigMistake(variable, text))
            continue
        table = tree.get(section, {})
        if isinstance(table, dict):
            tree[section] = {**table, name: value}
            variables[section, name] = variable
    return variables, mistakes


def _is_setting(section: str, name: str) -> bool:
    field = Settings.model_fields.get(section)
    table = field.annotation if field else None
    return (
        isinstance(table, type)
        and issubclass(table, ConfigModel)
        and name in table.model_fields
    )
