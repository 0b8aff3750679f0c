"""How long an answer may be used again: RFC 9111 for a private cache. Pure.

All requests for one URI carry the same fields but for Accept and Cookie, so that a Vary
field makes no difference unless it names one of these or is ``*``. Credentials are a part
of the URI.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

HEURISTIC_SHARE = 0.1  # of the time since the last change (RFC 9111 §4.2.2)
HEURISTIC_MAX_S = 60.0  # an author who saves a change soon sees it
KEPT_STATUS = frozenset({200, 301, 302, 303, 307, 308})

Headers = Mapping[str, str]
"""Fields by name in lower case; several of one name are joined with commas."""

_DIRECTIVE = re.compile(r"""([\w-]+)(?:\s*=\s*("[^"]*"|[^\s,]+))?""")
_OF_CACHES = (
    *("cache-control", "expires", "date", "age"),
    *("etag", "last-modified", "vary"),
)


@dataclass(frozen=True, slots=True)
class Policy:
    """What an answer says about its reuse. Times are seconds.

    *initial_age_s* is its age on arrival. *headers* are the fields that matter for
    reuse.
    """

    lifetime_s: float
    initial_age_s: float
    is_never_stale: bool  # it may not be used once it is stale
    is_public: bool  # whoever asks may have it, with whatever cookies
    headers: Headers

    def fits(self, before: Headers, now: Headers) -> bool:
        """Whether the answer to a request with the fields *before* is one to a request with
        the fields *now* (RFC 9111 §4.1); both have lower-case names.
        """
        names = self.headers.get("vary", "").lower().split(",")
        return all(before.get(name.strip()) == now.get(name.strip()) for name in names)

    def is_usable(
        self, age_s: float, max_age_s: float | None, max_stale_s: float | None
    ) -> bool:
        """Whether an answer of this age may be used without asking the server.

        *max_age_s* and *max_stale_s* are the limits of the request (RFC 9111 §5.2.1),
        None for no limit of its own.
        """
        if max_age_s is not None and age_s > max_age_s:
            return False
        return age_s < self.lifetime_s or (
            max_stale_s is not None and self.may_be_stale(age_s, max_stale_s)
        )

    def may_be_stale(self, age_s: float, limit_s: float) -> bool:
        """Whether the answer may be used although it has been stale for up to *limit_s*."""
        return not self.is_never_stale and age_s - self.lifetime_s <= limit_s

    def conditions(self) -> dict[str, str]:
        """Return the fields of a conditional request for this answer (RFC 9111 §4.3.1)."""
        pairs = (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified"))
        return {
            condition: self.headers[name]
            for condition, name in pairs
            if name in self.headers
        }

    def renew(self, headers: Headers, now: float, delay_s: float) -> "Policy":
        """Return the policy after a 304 with *headers* (RFC 9111 §4.3.4).

        *now* is Unix time at arrival, *delay_s* the time since the request.
        """
        of_its_time = ("age", "date")
        before = {
            name: text for name, text in self.headers.items() if name not in of_its_time
        }
        return policy_of({**before, **headers}, now, delay_s)


def is_storable(status: int, headers: Headers) -> bool:
    """Whether the answer to a GET may be cached (RFC 9111 §3)."""
    return (
        status in KEPT_STATUS
        and "no-store" not in _parse_directives(headers)
        and "*" not in headers.get("vary", "")
    )


def policy_of(headers: Headers, now: float, delay_s: float) -> Policy:
    """Return the policy that *headers* describe.

    *now* is Unix time at arrival, *delay_s* the time since the request.
    """
    directives = _parse_directives(headers)
    must_ask = "no-cache" in directives
    date = _parse_date(headers.get("date"))
    sent_at = now if date is None else date
    age_s = _parse_seconds(headers.get("age", "0")) or 0.0
    return Policy(
        lifetime_s=0.0 if must_ask else _lifetime_of(directives, headers, sent_at),
        initial_age_s=max(now - sent_at, age_s + delay_s, 0.0),  # §4.2.3
        is_never_stale=must_ask or "must-revalidate" in directives,
        is_public="public" in directives and "private" not in directives,
        headers={name: headers[name] for name in _OF_CACHES if name in headers},
    )


def _lifetime_of(
    directives: Mapping[str, str], headers: Headers, sent_at: float
) -> float:
    """Return the freshness lifetime (RFC 9111 §4.2.1); what cannot be read counts as stale."""
    if "max-age" in directives:
        return _parse_seconds(directives["max-age"]) or 0.0
    if "expires" in headers:
        expires = _parse_date(headers["expires"])
        return 0.0 if expires is None else max(expires - sent_at, 0.0)
    changed = _parse_date(headers.get("last-modified"))
    if changed is None:
        return 0.0
    return min(max(sent_at - changed, 0.0) * HEURISTIC_SHARE, HEURISTIC_MAX_S)


def _parse_directives(headers: Headers) -> dict[str, str]:
    """Return the directives of Cache-Control; the first of each name counts (RFC 9111 §4.2.1)."""
    directives = _DIRECTIVE.findall(headers.get("cache-control", ""))
    return {name.lower(): value.strip('"') for name, value in reversed(directives)}


def _parse_seconds(text: str) -> float | None:
    digits = text.partition(",")[0].strip()
    if not (digits.isascii() and digits.isdigit()):
        return None
    return float(min(int(digits[:20]), 2**31))  # RFC 9111 §1.2.2


def _parse_date(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        date = parsedate_to_datetime(text)
        # One without a zone is of a form of old, which means UTC (RFC 9110 §5.6.7).
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
