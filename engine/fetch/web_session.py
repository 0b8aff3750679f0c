"""WebSession: what one session and the web servers that it asks know of each other.

Cookies follow RFC 6265. Whose domain is a public suffix, such as ``co.uk``, they are
refused, so that no server plants one for others.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from http.cookies import CookieError
from typing import TYPE_CHECKING

from aiohttp import CookieJar
from yarl import URL

from .kept_answer import KeptAnswer
from .lru_cache import Lru

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList  # it takes megabytes

MAX_COOKIES = 100  # of one session; RFC 6265, 6.1, wants 50 for a domain
MAX_FIELDS = 50  # of one answer
MAX_FIELD = 4096  # characters of one cookie with its attributes (RFC 6265, 6.1)
OWN_ANSWERS, OWN_BYTES = 50, 2**20  # that a session keeps for itself

_DOMAIN = re.compile(r";\s*domain\s*=\s*([^;]*)", re.IGNORECASE)
_PATH = re.compile(r";\s*path\s*=\s*([^;]*)", re.IGNORECASE)
_NAMED = re.compile(
    r"\s*[!#$%&'*+.^_`|~\w-]+\s*=", re.ASCII
)  # a token (RFC 9110, 5.6.2)
_MAX_AGE = re.compile(r";\s*max-age\s*=", re.IGNORECASE)
_EPOCH = re.compile(r";\s*expires\s*=[^;]*\b1970 0?0:00:00", re.IGNORECASE)


class WebSession:
    """The cookies of one session, its trace, and the answers that it shares with no other.

    Every request of the session takes it along: for documents, scripts, data, grammars,
    sounds and messages. It is forgotten with the session. It lives on the loop.
    """

    __slots__ = ("_jars", "_own", "traceparent")

    def __init__(self, traceparent: str | None = None) -> None:
        """*traceparent* goes along with every request (W3C Trace Context §3.2)."""
        self.traceparent = traceparent
        # One jar for each domain and path, since a jar sends only one cookie of a name,
        # and all that match have to be sent (RFC 6265, 5.4).
        self._jars: dict[tuple[str, str], CookieJar] = {}
        self._own: Lru[tuple[int, str], KeptAnswer] | None = None

    @property
    def has_cookies(self) -> bool:
        """Whether there may be any; asked first, since for most sessions there is none."""
        return bool(self._jars)

    def cookie_for(self, url: URL) -> str:
        """Return the Cookie field for a request to *url*; empty if there is none."""
        if not self._jars or url.scheme not in ("http", "https"):
            return ""
        # Those with the longest path first, then the oldest (RFC 6265, 5.4).
        by_path = sorted(self._jars.items(), key=lambda entry: -len(entry[0][1]))
        return "; ".join(
            f"{name}={morsel.value}"
            for _, jar in by_path
            for name, morsel in jar.filter_cookies(url).items()
        )

    def store(self, fields: Sequence[str], url: URL) -> None:
        """Keep the cookies of the Set-Cookie *fields* in an answer from *url*.

        What is too long, too much or not of its domain is ignored.
        """
        host = (url.raw_host or "").lower()
        for field in fields[:MAX_FIELDS]:
            allowed = _check_field(field, host) if len(field) <= MAX_FIELD else None
            is_full = sum(map(len, self._jars.values())) >= MAX_COOKIES
            if allowed is None or is_full:
                continue
            place = _domain_of(allowed) or host, _path_of(allowed, url)
            if place not in self._jars:
                # Unsafe would be cookies of addresses to browsers; servers here often
                # have no name, and such a cookie goes to its address alone.
                self._jars[place] = CookieJar(unsafe=True, quote_cookie=False)
            jar = self._jars[place]
            jar.update_cookies_from_headers([allowed], url)
            _keep_quotes(jar)
            if not len(jar):  # it was taken back, or is not of this domain
                del self._jars[place]

    # -- answers -----------------------------------------------------------------

    def find_own(self, key: tuple[int, str]) -> KeptAnswer | None:
        """Return the answer that is kept under *key* for this session alone."""
        return None if self._own is None else self._own.get(key)

    def keep_own(self, key: tuple[int, str], answer: KeptAnswer, size: int) -> None:
        """Keep *answer* of *size* bytes under *key*; those used least recently are dropped."""
        if self._own is None:
            self._own = Lru(max_bytes=OWN_BYTES, max_count=OWN_ANSWERS)
        self._own.put(key, answer, size)

    def drop_own(self, key: tuple[int, str]) -> None:
        """Drop the answer under *key*, if there is one."""
        if self._own is not None:
            self._own.drop(key)


def needs_suffixes(fields: Sequence[str]) -> bool:
    """Whether ``load_suffixes`` has to be called before these Set-Cookie *fields* are stored."""
    return any(_DOMAIN.search(field) for field in fields)


@cache
def load_suffixes() -> "PublicSuffixList":
    """Read the list of public suffixes; it takes some 50 ms once, so call it in a thread."""
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(accept_encoded_idn=False)


def _check_field(field: str, host: str) -> str | None:
    """Return *field* as it may be stored, None if not at all (RFC 6265, 5.3, item 5)."""
    if _EPOCH.search(field) and not _MAX_AGE.search(field):
        field += "; Max-Age=0"  # the jar takes the time 0 for none
    if not _NAMED.match(field):  # the jar would complain in the log
        return None
    domain = _domain_of(field)
    if domain is None:
        return field
    field = _DOMAIN.sub("", field)
    if _is_public_suffix(domain):
        return field if domain == host else None
    return f"{field}; Domain={domain}"


def _domain_of(field: str) -> str | None:
    """Return the domain that the Set-Cookie *field* names; None if it names none."""
    domains = _DOMAIN.findall(field)
    return domains[-1].strip().strip('"').removeprefix(".").lower() if domains else None


def _path_of(field: str, url: URL) -> str:
    """Return the path of the Set-Cookie *field* in an answer from *url* (RFC 6265, 5.1.4)."""
    paths = _PATH.findall(field)
    path = paths[-1].strip().strip('"') if paths else ""
    return path if path.startswith("/") else url.path.rpartition("/")[0] or "/"


def _is_public_suffix(domain: str) -> bool:
    try:
        return load_suffixes().is_public(domain.encode().decode("idna"))
    except UnicodeError:
        return True  # it is no domain at all


def _keep_quotes(jar: CookieJar) -> None:
    """Have *jar* send each value as it came: with the quotes around it, if it had any
    (RFC 6265, 5.2).
    """
    for cookies in jar.cookies.values():
        for morsel in cookies.values():
            coded = morsel.coded_value
            if coded.startswith('"') and morsel.value != coded:
                with suppress(CookieError):  # a name that is no token goes without
                    morsel.set(morsel.key, coded, coded)
