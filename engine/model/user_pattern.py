"""Regular expressions that users write, run by RE2: in linear time, and in bounded memory."""

from collections.abc import Callable

Matches = Callable[[str], object]
"""Whether a whole text matches, as a truth value."""


def compile_user_pattern(
    pattern: str, *, max_bytes: int, ignores_case: bool = False
) -> Matches:
    """A function that says whether a whole text matches *pattern*.

    *max_bytes* bounds the memory of the compiled pattern. Raises ValueError if *pattern*
    is not an expression of RE2, or needs more.
    """
    import re2  # only where there are patterns: it takes megabytes

    options = re2.Options()
    options.case_sensitive = not ignores_case
    options.log_errors = False
    options.max_mem = max_bytes
    try:
        matches: Matches = re2.compile(pattern, options).fullmatch
    except re2.error:
        raise ValueError("this is not a regular expression of RE2") from None
    return matches
