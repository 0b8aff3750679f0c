"""A document that is played: events in, commands out, time as a number."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ccxml import parse
from ccxml.commands import Command, Delivery, Exited, WriteLog
from ccxml.events import Event
from ccxml.session import Session, SessionInfo, Step

HEAD = '<ccxml version="1.0" xmlns="http://www.w3.org/2002/09/ccxml">'


class Play:
    """A session of the document whose body is given, and what it asked for so far."""

    def __init__(
        self,
        body: str,
        texts: Mapping[str, str] | None = None,
        steps: list[Step] | None = None,
        unsupported: frozenset[str] = frozenset(),
        **info: Any,
    ) -> None:
        document = parse(f"{HEAD}{body}</ccxml>", uri="http://here.example/doc")
        self.session = Session(
            document,
            SessionInfo(id="S", **info),
            texts=texts,
            steps=steps,
            unsupported=unsupported,
        )
        self.now = 100.0
        self.commands: list[Command] = []

    def start(self) -> "Play":
        """Start it."""
        self.commands += self.session.start(self.now)
        return self

    def tell(self, name: str, **fields: Any) -> list[Command]:
        """Tell it of an event; what it asks for then."""
        asked = self.session.receive(Event(name, fields), self.now)
        self.commands += asked
        return asked

    def wait(self, seconds: float) -> list[Command]:
        """Let time pass."""
        self.now += seconds
        asked = self.session.handle_timer(self.now)
        self.commands += asked
        return asked

    @property
    def log(self) -> list[str]:
        """What it wrote."""
        return [
            command.text for command in self.commands if isinstance(command, WriteLog)
        ]

    @property
    def sent(self) -> list[Delivery]:
        """What it sent to others."""
        return [command for command in self.commands if isinstance(command, Delivery)]

    @property
    def end(self) -> Exited | None:
        """How it ended."""
        ends = [command for command in self.commands if isinstance(command, Exited)]
        assert len(ends) <= 1
        return ends[0] if ends else None

    def the(self, kind: type[Any]) -> Any:
        """The one command of this kind."""
        (found,) = (command for command in self.commands if isinstance(command, kind))
        return found


@contextmanager
def playing(body: str, **options: Any) -> Iterator[Play]:
    """A document that has been started; its memory is freed at the end."""
    play = Play(body, **options)
    try:
        yield play.start()
    finally:
        play.session.close()


def processor(*transitions: str, state: str = "") -> str:
    """An event processor."""
    variable = f' statevariable="{state}"' if state else ""
    return f"<eventprocessor{variable}>{''.join(transitions)}</eventprocessor>"


def on(event: str, *actions: str, **attributes: str) -> str:
    """A transition."""
    more = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<transition event="{event}"{more}>{"".join(actions)}</transition>'


def log(expression: str) -> str:
    """A line of the log."""
    return f'<log expr="{expression}"/>'


EXIT = "<exit/>"
