"""Containment: a defect while a dialog runs ends that dialog only, and its document is told.

An exception in a task or a timer would reach nobody: the dialog would be silent from
then on, and last until its time limit.
"""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar


class CanCrash(Protocol):
    """``DialogRunner``, ``VoiceXmlRunner``, and the ``Playback`` of each."""

    def crash(self, error: Exception) -> None:
        """Log *error* and end the dialog as one that has failed."""


Arguments = ParamSpec("Arguments")
Talking = TypeVar("Talking", bound=CanCrash)


def contain(
    method: Callable[Concatenate[Talking, Arguments], None],
) -> Callable[Concatenate[Talking, Arguments], None]:
    """Decorate a method that tasks, timers or calls enter: an exception of it goes to
    ``crash``.
    """

    @wraps(method)
    def run(
        self: Talking, /, *arguments: Arguments.args, **named: Arguments.kwargs
    ) -> None:
        try:
            method(self, *arguments, **named)
        except Exception as error:  # noqa: BLE001 - logged there
            self.crash(error)

    return run


def contain_task(
    method: Callable[Concatenate[Talking, Arguments], Coroutine[Any, Any, None]],
) -> Callable[Concatenate[Talking, Arguments], Coroutine[Any, Any, None]]:
    """The same as ``contain`` for a coroutine."""

    @wraps(method)
    async def run(
        self: Talking, /, *arguments: Arguments.args, **named: Arguments.kwargs
    ) -> None:
        try:
            await method(self, *arguments, **named)
        except Exception as error:  # noqa: BLE001 - logged there
            self.crash(error)

    return run
