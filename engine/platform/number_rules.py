"""Rules: which addresses may be called. Patterns run on RE2, in linear time. Pure."""

from collections.abc import Iterable

from engine.model.user_pattern import Matches, compile_user_pattern

MAX_PATTERN_LENGTH = 1000
_MAX_BYTES = 4 << 20  # of a compiled pattern


class Pattern:
    """A fixed address or a regular expression; it must match the whole, ignoring case."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._literal = text.lower()
        self._matches: Matches | None
        try:
            self._matches = compile_user_pattern(
                text, max_bytes=_MAX_BYTES, ignores_case=True
            )
        except ValueError:
            self._matches = None  # such as "+49…": an address, no expression

    def matches(self, address: str) -> bool:
        """Whether the whole of *address* matches."""
        if address.lower() == self._literal:
            return True
        return self._matches is not None and bool(self._matches(address))


class Rules:
    """An allow list, then a deny list; what neither of them matches is allowed."""

    def __init__(self, entries: Iterable[tuple[str, bool]]) -> None:
        """*entries* are pairs of a pattern and whether it allows."""
        self._allow: list[Pattern] = []
        self._deny: list[Pattern] = []
        for text, allows in entries:
            (self._allow if allows else self._deny).append(Pattern(text))

    def find_denial(self, to: str) -> str | None:
        """Return the pattern by which *to* may not be called; None: it may.

        It is matched as given and by its user part.
        """
        if not self._deny:
            return None
        addresses = (to, user_part(to))
        for pattern in self._allow:
            if any(map(pattern.matches, addresses)):
                return None
        for pattern in self._deny:
            if any(map(pattern.matches, addresses)):
                return pattern.text
        return None


def user_part(to: str) -> str:
    """Return the user part of a SIP URI, the number of a tel: URI, or else the whole text."""
    scheme, colon, rest = to.partition(":")
    if not colon:
        return to
    if scheme.lower() == "tel":
        return rest.partition(";")[0]
    return rest.rpartition("@")[0].partition(":")[0] or rest
