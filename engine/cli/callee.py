"""``outring callee``: somebody to call, for first steps and for tests of applications."""

import asyncio
import signal
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from sip.agent import ListeningPoint
from sip.callee import (
    DIGITS,
    PAUSE,
    CalleeConfig,
    CalleeEvent,
    CalleePlan,
    Happening,
)
from sip.errors import SipError
from sip.pjsip.build_info import build_info

from .target import Config
from .terminal import (
    MISUSED,
    REFUSED,
    Json,
    out,
    print_error,
    print_json_line,
    report_config_errors,
)

if TYPE_CHECKING:
    from sip.pjsip.callee import Callee

USUAL_LISTENER = "udp:127.0.0.1:5070"
RING_S = 1.0

_SENTENCES = {
    Happening.CALLED: "{value}",
    Happening.RINGS: "it rings",
    Happening.REFUSED: "refused with {value}",
    Happening.ANSWERED: "answered",
    Happening.PLAYS: "speaks to the caller",
    Happening.PRESSED: "pressed {value}",
    Happening.NOT_PRESSED: "could not press {value}",
    Happening.DIGIT: "the caller pressed {value}",
    Happening.CANCELLED: "the caller has given up",
    Happening.CALLER_HUNG_UP: "the caller has hung up; heard {heard_s:.1f} s of sound",
    Happening.HUNG_UP: "hung up; heard {heard_s:.1f} s of sound",
}
_STYLES = {
    Happening.CALLED: "bold",
    Happening.ANSWERED: "green",
    Happening.REFUSED: "yellow",
    Happening.CANCELLED: "yellow",
    Happening.NOT_PRESSED: "red",
}


def callee(
    listen: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PROTOCOL:ADDRESS:PORT",
            help=f"Where to be called; repeatable. [default: {USUAL_LISTENER}]",
            show_default=False,
        ),
    ] = None,
    answer_after: Annotated[
        float | None,
        typer.Option(
            min=0, metavar="SECONDS", help="How long to ring before. [default: 1]"
        ),
    ] = None,
    rings: Annotated[
        bool, typer.Option("--ring", help="Ring until the caller gives up.")
    ] = False,
    refuse: Annotated[
        int | None,
        typer.Option(
            min=300, max=699, metavar="STATUS", help="Refuse with it, as 486 for busy."
        ),
    ] = None,
    text: Annotated[
        str | None, typer.Option("--say", metavar="TEXT", help="Speak to the caller.")
    ] = None,
    press: Annotated[
        str,
        typer.Option(
            metavar="DIGITS", help="Press them once answered; a comma waits a second."
        ),
    ] = "",
    echoes: Annotated[
        bool, typer.Option("--echo", help="Let callers hear themselves.")
    ] = False,
    hang_up_after: Annotated[
        float | None,
        typer.Option(min=0, metavar="SECONDS", help="From the answer to the hang-up."),
    ] = None,
    calls: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="End after so many calls.")
    ] = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Be called by SIP: ring, answer, refuse, speak, press digits, echo.

    It takes every call, whoever it is for, and prints what happens, with the seconds since
    the call came. Ctrl-C ends it. It is made for tests: nobody is asked for a password.
    """
    listeners = tuple(_read_listener(entry) for entry in listen or [USUAL_LISTENER])
    with ExitStack() as stack:
        clip = None
        if text is not None:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="outring-")))
            clip = _speak(text, folder / "say.wav", config)
        plan = CalleePlan(
            None if rings else _read_ringing_s(answer_after, refuse),
            refuse,
            clip=clip,
            echoes=echoes,
            digits=_read_digits(press),
            hang_up_after_s=hang_up_after,
        )
        _run(CalleeConfig(listeners, plan), calls, as_json=as_json)


def _read_listener(text: str) -> ListeningPoint:
    from engine.config.settings import parse_listener

    try:
        listener = parse_listener(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--listen") from None
    if listener.protocol == "tls":
        raise typer.BadParameter("A callee has no TLS.", param_hint="--listen")
    return listener


def _read_ringing_s(answer_after: float | None, refuse: int | None) -> float:
    """Who refuses does so at once, if nothing else was said."""
    if answer_after is not None:
        return answer_after
    return RING_S if refuse is None else 0.0


def _read_digits(text: str) -> str:
    digits = text.upper()
    if not set(digits) <= {*DIGITS, PAUSE}:
        known = "".join(sorted(DIGITS))
        raise typer.BadParameter(
            f"{text} has other letters than {known} and the comma.",
            param_hint="--press",
        )
    return digits


def _speak(text: str, file: Path, config: Path | None) -> Path:
    from engine.audio import SoundError
    from engine.config.settings import load_settings

    from .say import speak

    with report_config_errors():
        settings = load_settings(config)
    try:
        asyncio.run(speak(settings, text, None, file, is_ssml=False))
    except SoundError as error:
        print_error(error.reason)
        raise typer.Exit(REFUSED) from error
    return file


def _run(config: CalleeConfig, calls: int | None, *, as_json: bool) -> None:
    """Be called until *calls* of them have ended, or a signal comes."""
    ended, is_stopped = 0, False

    def tell(event: CalleeEvent) -> None:
        nonlocal ended
        ended += event.what.is_end
        _print_event(event, as_json=as_json)

    def on_signal(_: int, __: FrameType | None) -> None:
        # Not as an exception, which would be raised within a callback of PJSIP as well.
        nonlocal is_stopped
        is_stopped = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    running = _listen(config, tell)
    _print_listeners(config, running.ports, as_json=as_json)
    while not is_stopped and (calls is None or ended < calls):
        running.poll()
    running.close()


def _listen(config: CalleeConfig, tell: Callable[[CalleeEvent], None]) -> "Callee":
    """Start PJSIP; an error ends the command with one sentence."""
    try:
        build_info()
        from sip.pjsip.callee import Callee  # late: other commands work without pjsua2

        return Callee(config, tell)
    except SipError as error:
        print_error(str(error))
        raise typer.Exit(MISUSED) from error


def _print_listeners(
    config: CalleeConfig, ports: Mapping[tuple[str, bool], int], *, as_json: bool
) -> None:
    uris = [
        _uri_of(listener, ports[listener.protocol, ":" in listener.address])
        for listener in config.listeners
    ]
    if as_json:
        print_json_line({"what": "listens", "uris": uris})
    else:
        out.print(Text(f"Call {' or '.join(uris)}; Ctrl-C ends it"), soft_wrap=True)


def _uri_of(listener: ListeningPoint, port: int) -> str:
    """What to call; on every address of this machine, its own by loopback."""
    address = ip_address(listener.address)
    if address.is_unspecified:
        address = ip_address("127.0.0.1" if address.version == 4 else "::1")
    host = str(address) if address.version == 4 else f"[{address}]"
    uri = f"sip:callee@{host}:{port}"
    protocol = listener.protocol
    return uri if protocol == "udp" else f"{uri};transport={protocol}"


def _print_event(event: CalleeEvent, *, as_json: bool) -> None:
    if as_json:
        fields = {**event._asdict(), "at_s": round(event.at_s, 3)}
        print_json_line({**fields, "heard_s": round(event.heard_s, 1)})
        return
    sentence = _SENTENCES[event.what].format(value=event.value, heard_s=event.heard_s)
    line = Text(f"{event.number:>3} {event.at_s:7.1f} s  ", style="dim")
    line.append(sentence, style=_STYLES.get(event.what, "default"))
    out.print(line, soft_wrap=True)
