"""Values of ECMAScript that Python lacks, and the error of scripts."""

from enum import Enum
from typing import Final


class Undefined(Enum):
    """The type of `UNDEFINED`."""

    UNDEFINED = "undefined"

    def __repr__(self) -> str:
        return "UNDEFINED"

    def __bool__(self) -> bool:
        return False


UNDEFINED: Final = Undefined.UNDEFINED
"""ECMAScript's undefined, which is not null (`None`)."""


class ScriptError(Exception):
    """A script or expression failed; in a document this becomes error.semantic.

    *line* and *column* of a syntax error count from 1 within its text. They are None
    for errors at run time, because finding them would exceed the time limit.
    """

    def __init__(
        self, message: str, line: int | None = None, column: int | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
