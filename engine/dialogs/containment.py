"""Containment: a crash while a dialog talks ends that dialog, and its document is told.

A task or a timer in which something crashes has nobody else to tell: the dialog would say
nothing any more, and last.
"""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar


class CanCrash(Protocol):
    """A dialog that talks."""

    def crash(self, error: Exception) -> None:
        """Log *error*, and end as a dialog that has died."""


Arguments = ParamSpec("Arguments")
Talking = TypeVar("Talking", bound=CanCrash)


def contained(
    method: Callable[Concatenate[Talking, Arguments], None],
) -> Callable[Concatenate[Talking, Arguments], None]:
    """*method*, which never raises: a crash ends its dialog."""

    @wraps(method)
    def contain(
        self: Talking, /, *arguments: Arguments.args, **named: Arguments.kwargs
    ) -> None:
        try:
            method(self, *arguments, **named)
        except Exception as error:  # noqa: BLE001 - logged there
            self.crash(error)

    return contain


def contained_task(
    method: Callable[Concatenate[Talking, Arguments], Coroutine[Any, Any, None]],
) -> Callable[Concatenate[Talking, Arguments], Coroutine[Any, Any, None]]:
    """The same of a coroutine."""

    @wraps(method)
    async def contain(
        self: Talking, /, *arguments: Arguments.args, **named: Arguments.kwargs
    ) -> None:
        try:
            await method(self, *arguments, **named)
        except Exception as error:  # noqa: BLE001 - logged there
            self.crash(error)

    return contain
