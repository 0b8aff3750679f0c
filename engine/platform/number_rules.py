"""Rules: which addresses may be called. Patterns run on RE2, in linear time. Pure."""

from collections.abc import Iterable

MAX_PATTERN_LENGTH = 1000
_MAX_MEMORY = 4 << 20  # bytes, of a compiled pattern


class Pattern:
    """A fixed address or a regular expression; it must match the whole, ignoring case."""

    def __init__(self, text: str) -> None:
        import re2  # only where there are patterns: it takes megabytes

        options = re2.Options()
        options.case_sensitive = False
        options.log_errors = False
        options.max_mem = _MAX_MEMORY
        self._literal = text.lower()
        try:
            self._compiled = re2.compile(text, options)
        except re2.error:
            self._compiled = None  # such as "+49…": an address, no expression

    def matches(self, address: str) -> bool:
        """Whether the whole of *address* matches."""
        if address.lower() == self._literal:
            return True
        return (
            self._compiled is not None and self._compiled.fullmatch(address) is not None
        )


class Rules:
    """An allow list, then a deny list; what neither of them matches is allowed."""

    def __init__(self, entries: Iterable[tuple[str, bool]]) -> None:
        """*entries* are pairs of a pattern and whether it allows."""
        self._allow: list[Pattern] = []
        self._deny: list[Pattern] = []
        for text, allows in entries:
            (self._allow if allows else self._deny).append(Pattern(text))

    def allow(self, to: str) -> bool:
        """Whether *to* may be called; it is matched as given and by its user part."""
        if not self._deny:
            return True
        addresses = (to, user_part(to))
        for pattern in self._allow:
            if any(map(pattern.matches, addresses)):
                return True
        return not any(
            pattern.matches(address) for pattern in self._deny for address in addresses
        )


def user_part(to: str) -> str:
    """Return the user part of a SIP URI, the number of a tel: URI, or else the whole text."""
    scheme, colon, rest = to.partition(":")
    if not colon:
        return to
    if scheme.lower() == "tel":
        return rest.partition(";")[0]
    return rest.rpartition("@")[0].partition(":")[0] or rest
