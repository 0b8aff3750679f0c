"""Announcement: plays prompts once and is over. Pure."""

from collections.abc import Sequence

from sip.media import Stop

from .dialog import (
    Command,
    Dialog,
    DialogInputEvent,
    ExitDialog,
    FailDialog,
    HungUp,
    PlayPrompts,
    Prompt,
    PromptDone,
    Terminated,
)


class Announcement(Dialog):
    """The ``Dialog`` of the types ``audio/wav`` and ``text/plain``.

    Its value ``result`` is ``played``, ``hangup`` or ``terminated``.
    """

    takes_events = False

    def __init__(self, prompts: Sequence[Prompt]) -> None:
        self._prompts = tuple(prompts)
        self._is_over = False

    def prompts_to_load(self) -> Sequence[Prompt]:
        return self._prompts

    def start(self, now: float) -> list[Command]:  # noqa: ARG002
        return [PlayPrompts(self._prompts)]

    def receive(self, event: DialogInputEvent, now: float) -> list[Command]:  # noqa: ARG002
        match event:
            case _ if self._is_over:
                return []
            case PromptDone(stop=Stop.FAILED, reason=reason):
                return self._finish(FailDialog(reason))
            case PromptDone():
                return self._finish(ExitDialog({"result": "played"}))
            case Terminated():
                return self._finish(ExitDialog({"result": "terminated"}))
            case HungUp():
                return self._finish(ExitDialog({"result": "hangup"}))
        return []

    def _finish(self, last: Command) -> list[Command]:
        self._is_over = True
        return [last]

    def next_timer(self) -> float | None:
        return None

    def handle_timer(self, now: float) -> list[Command]:  # noqa: ARG002
        return []
