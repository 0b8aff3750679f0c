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
_MAX_AGE = re.compile(r";\s*max-age\s*=", re.IGNORECASE)
_EPOCH = re.compile(r";\s*expires\s*=[^;]*\b1970 0?0:00:00", re.IGNORECASE)


class WebSession:
    """The cookies of one session, and the answers that it shares with no other.

    Every request of the session takes it along: for documents, scripts, data, grammars,
    sounds and messages. It is forgotten with the session. It lives on the loop.
    """

    __slots__ = ("_jar", "_own")

    def __init__(self) -> None:
        # Both are made when they are needed: most sessions meet no cookie.
        self._jar: CookieJar | None = None
        self._own: Lru[tuple[int, str], KeptAnswer] | None = None

    @property
    def has_cookies(self) -> bool:
        """Whether there may be any; asked first, since for most sessions there is none."""
        return self._jar is not None

    def cookie_for(self, url: URL) -> str:
        """Return the Cookie field for a request to *url*; empty if there is none."""
        if self._jar is None or url.scheme not in ("http", "https"):
            return ""
        morsels = self._jar.filter_cookies(url)
        # Those with the longest path first (RFC 6265, 5.4).
        return "; ".join(
            f"{name}={morsel.value}" for name, morsel in reversed(morsels.items())
        )

    def store(self, fields: Sequence[str], url: URL) -> None:
        """Keep the cookies of the Set-Cookie *fields* in an answer from *url*.

        What is too long, too much or not of its domain is ignored.
        """
        host = (url.raw_host or "").lower()
        for field in fields[:MAX_FIELDS]:
            allowed = _check_field(field, host) if len(field) <= MAX_FIELD else None
            is_full = self._jar is not None and len(self._jar) >= MAX_COOKIES
            if allowed is None or is_full:
                continue
            if self._jar is None:
                # Unsafe would be cookies of addresses to browsers; servers here often
                # have no name, and such a cookie goes to its address alone.
                self._jar = CookieJar(unsafe=True, quote_cookie=False)
            self._jar.update_cookies_from_headers([allowed], url)
        if self._jar is not None:
            _keep_quotes(self._jar)

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
    domains = _DOMAIN.findall(field)
    if not domains:
        return field
    domain = domains[-1].strip().strip('"').removeprefix(".").lower()
    field = _DOMAIN.sub("", field)
    if _is_public_suffix(domain):
        return field if domain == host else None
    return f"{field}; Domain={domain}"


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
