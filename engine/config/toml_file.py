"""Reads TOML files into validated values; each mistake is reported with file and line."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    StringConstraints,
    ValidationError,
)

from sip.errors import SipError
from sip.uri import escape_user

Model = TypeVar("Model", bound=BaseModel)
Tree = dict[str, object]

_TABLE = re.compile(r"\s*\[\s*([\w.-]+)\s*\]\s*(?:#.*)?$")
_ARRAY = re.compile(r"\s*\[\[\s*([\w.-]+)\s*\]\]\s*(?:#.*)?$")
_KEY = re.compile(r"\s*([\w-]+)\s*=")
_AT_LINE = re.compile(r"\(at line (\d+), column (\d+)\)")


def _check_user(text: str) -> str:
    try:
        escape_user(text)
    except SipError as error:
        raise ValueError(str(error)) from None
    return text


NO_NUL = r"^[^\x00]*$"  # PostgreSQL does not take one
User = Annotated[str, StringConstraints(pattern=NO_NUL), AfterValidator(_check_user)]
"""User part of a SIP URI, as plain text."""


class ConfigModel(BaseModel):
    """A table of a configuration file: immutable, and unknown names are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


@dataclass(frozen=True, slots=True)
class ConfigMistake:
    """One mistake, and its place: a file with line, or an environment variable."""

    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


class ConfigurationError(Exception):
    """The configuration cannot be used; ``mistakes`` lists everything that is wrong."""

    def __init__(self, mistakes: Sequence[ConfigMistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = tuple(mistakes)


class InvalidError(Exception):
    """An object is invalid; the place of each of ``mistakes`` is the name of a field."""

    def __init__(self, mistakes: Sequence[ConfigMistake]) -> None:
        super().__init__(" ".join(mistake.text for mistake in mistakes))
        self.mistakes = tuple(mistakes)


class TomlFile:
    """A parsed TOML file, with the line of each of its keys."""

    def __init__(self, path: Path, text: str | None = None) -> None:
        """Read *path*, or take *text* as its content.

        Raises ConfigurationError if the file is unreadable or not TOML.
        """
        self.path = path
        try:
            self._text = path.read_text() if text is None else text
            self.tree: Tree = tomllib.loads(self._text)
        except OSError as error:
            reason = f"The file cannot be read: {error.strerror}."
            raise ConfigurationError([ConfigMistake(str(path), reason)]) from error
        except UnicodeDecodeError as error:
            reason = "The file is not UTF-8 text."
            raise ConfigurationError([ConfigMistake(str(path), reason)]) from error
        except tomllib.TOMLDecodeError as error:
            raise ConfigurationError([self._describe_syntax_error(error)]) from error

    def _describe_syntax_error(self, error: tomllib.TOMLDecodeError) -> ConfigMistake:
        text = _AT_LINE.sub("", str(error)).strip()
        at = _AT_LINE.search(str(error))
        lines = self._text.splitlines()
        line = int(at[1]) if at else len(lines)
        heading = _TABLE.match(lines[line - 1]) if lines else None
        if heading and text.endswith("twice"):
            first = self._find_heading(heading[1])
            text = (
                f"[{heading[1]}] stands in line {first} already: write its values there"
            )
        elif text == "Cannot overwrite a value":
            text = "This name has a value already"
        elif text == "Invalid value":
            text = "This is no value; a text stands in quotes"
        return ConfigMistake(f"{self.path}:{line}", f"This is not TOML: {text}.")

    def _find_heading(self, name: str) -> int:
        """Return the number of the first line that begins the table *name*."""
        return next(
            number
            for number, line in enumerate(self._text.splitlines(), 1)
            if (match := _TABLE.match(line)) and match[1] == name
        )

    def place(self, location: Sequence[str | int]) -> str:
        """Return ``file:line`` of the deepest part of *location* that occurs in the file."""
        lines = self._find_lines()
        parts = tuple(location)
        while parts and parts not in lines:
            parts = parts[:-1]
        return f"{self.path}:{lines.get(parts, 1)}"

    def _find_lines(self) -> dict[tuple[str | int, ...], int]:
        lines: dict[tuple[str | int, ...], int] = {}
        counts: dict[tuple[str | int, ...], int] = {}
        table: tuple[str | int, ...] = ()
        for number, line in enumerate(self._text.splitlines(), 1):
            if match := _ARRAY.match(line):
                name = tuple(match[1].split("."))
                index = counts.get(name, 0)
                counts[name] = index + 1
                table = (*name, index)
                lines.setdefault(name, number)
                lines[table] = number
            elif match := _TABLE.match(line):
                table = tuple(match[1].split("."))
                lines[table] = number
            elif match := _KEY.match(line):
                lines.setdefault((*table, match[1]), number)
        return lines

    def validate(self, model: type[Model]) -> Model:
        """Return the file as *model*; raises ConfigurationError with every mistake in it."""
        try:
            return model.model_validate(self.tree)
        except ValidationError as error:
            mistakes = [
                ConfigMistake(self.place(location), text)
                for location, text in describe_errors(error)
            ]
            raise ConfigurationError(mistakes) from error


def describe_errors(
    error: ValidationError,
) -> Iterable[tuple[tuple[str | int, ...], str]]:
    """Yield location and sentence for each mistake that pydantic found."""
    details = error.errors(include_url=False, include_input=False)
    places = {detail["loc"] for detail in details}
    for detail in details:
        location = detail["loc"]
        name = ".".join(str(part) for part in location)
        match detail["type"]:
            case "extra_forbidden":
                yield location, f"{name} is not a setting of outring; is it misspelt?"
            case "missing":
                yield location, f"{name} is missing."
            case "too_short" if any(
                place[:-1] == location for place in places if place
            ):
                continue  # what it has is wrong, which was said
            case "too_short":
                yield location, f"{name}: there is none."
            case "tuple_type":
                yield location, f"{name} is a list."
            case _:
                text = detail["msg"].removeprefix("Value error, ").removesuffix(".")
                yield location, f"{name}: {text}." if name else f"{text}."
