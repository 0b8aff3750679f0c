"""``outring streams simulate``: a caller for a server of audio streams, without any SIP."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from .help_pages import GroupedCommand, make_group
from .terminal import (
    MISUSED,
    REFUSED,
    Json,
    make_printable,
    out,
    print_error,
    print_fields,
    print_json_line,
    read_pairs,
)

if TYPE_CHECKING:
    from engine.rehearsal.simulated_caller import CallerPlan, StreamCounts, StreamNote
    from sip.audio_stream import StreamFormat

    from .stream_simulator import SimulatedEnd, StreamTarget

STREAM_KEYS = frozenset("0123456789*#ABCD,")
ACCOUNT = "simulated"

_SENTENCES = {
    "connected": "the WebSocket is open",
    "first_sound": "the server's first sound",
    "mark": "mark {value} was played or cleared",
    "cleared": "cleared: {value} are not heard",
    "pressed": "pressed {value}",
    "ignored": "a call ignores {value}",
    "refused": "a call refuses a message. {value}",
    "dropped": "the connection is cut",
    "resumed": "the WebSocket is open again, and told that it is resumed",
}
_STYLES = {"connected": "green", "resumed": "green", "refused": "red"}
_FAILURES = ("lost", "unreachable", "invalid")

streams = make_group()


@streams.callback()
def keep_group() -> None:
    """Audio streams: try a server, without a call."""


@streams.command("simulate", cls=GroupedCommand)
def simulate(
    url: Annotated[
        str, typer.Argument(metavar="URL", help="The server: ws://… or wss://…")
    ],
    auth_token: Annotated[
        str | None,
        typer.Option(
            metavar="TOKEN", help="Sign the request with it, as X-Twilio-Signature."
        ),
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE", help="One of the customParameters; repeatable."
        ),
    ] = None,
    wav: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="What the caller says: a WAV file of 16 bits, mono; else silence.",
        ),
    ] = None,
    dtmf: Annotated[
        str,
        typer.Option(
            metavar="DIGITS", help="Press them at the start; a comma waits a second."
        ),
    ] = "",
    seconds: Annotated[
        float, typer.Option(help="Hang up after so long.", min=0.1, max=3600)
    ] = 10.0,
    drop_after: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            help="Cut the connection then, and open it again as resumed.",
            min=0,
        ),
    ] = None,
    form: Annotated[
        str,
        typer.Option(
            "--format", metavar="mulaw8|l16_8k|l16_16k", help="How sound travels."
        ),
    ] = "mulaw8",
    record: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write what the caller hears as a WAV file."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Call a server of audio streams as a call does, and show what it does and does wrong.

    Messages, their order and pace are those of a call; there is no SIP. Exit status 0: the
    server has closed the WebSocket, or the caller has hung up; 1: the server cannot be
    reached, has broken the connection, or has sent what a call refuses; 2: wrong use.
    """
    from engine.model.twilio import sign_url
    from engine.rehearsal.simulated_caller import CallerPlan

    from .stream_simulator import StreamTarget

    _check_url(url)
    form_of_sound = _read_format(form)
    plan = CallerPlan(
        form_of_sound,
        _read_sound(wav, form_of_sound) if wav is not None else b"",
        _read_keys(dtmf),
        read_pairs(parameter, "--parameter"),
    )
    headers = {"X-Twilio-Signature": sign_url(url, auth_token)} if auth_token else {}
    is_raw = form_of_sound.is_binary
    target = StreamTarget(url, headers, is_raw, seconds, drop_after)
    _simulate(plan, target, record, as_json=as_json)


def _simulate(
    plan: "CallerPlan",
    target: "StreamTarget",
    record: Path | None,
    *,
    as_json: bool,
) -> None:
    from uuid import uuid4

    from engine.model.twilio import account_sid, call_sid
    from engine.rehearsal.simulated_caller import SimulatedCaller

    from .stream_simulator import StreamSimulator

    caller = SimulatedCaller(plan, account_sid(ACCOUNT), call_sid(str(uuid4())))
    first_at_s: dict[str, float] = {}

    def tell(at_s: float, note: "StreamNote") -> None:
        first_at_s.setdefault(note.what.value, at_s)
        _print_note(at_s, note, as_json=as_json)

    end = asyncio.run(StreamSimulator(caller, target, tell).run())
    if record is not None:
        _write_sound(record, bytes(caller.heard), plan.form)
    summary = _summarize(end, caller.counts, first_at_s)
    if as_json:
        print_json_line({"what": "ended", **summary})
    else:
        out.print()
        print_fields(list(summary.items()))
    if end.end.value in _FAILURES or caller.counts.refused:
        raise typer.Exit(REFUSED)


def _summarize(
    end: "SimulatedEnd", counts: "StreamCounts", first_at_s: Mapping[str, float]
) -> dict[str, Any]:
    first_ms = None
    if "first_sound" in first_at_s:
        first_ms = round((first_at_s["first_sound"] - first_at_s["connected"]) * 1000)
    return {
        "endedBy": end.end.value,
        "reason": end.reason,
        "closeCode": end.close_code,
        "firstSoundMs": first_ms,
        "framesToServer": counts.frames_to_server,
        "mediaFromServer": counts.media_from_server,
        "msFromServer": counts.ms_from_server,
        "maxBufferedMs": counts.max_waiting_ms,
        "marks": counts.marks,
        "clears": counts.clears,
        "ignored": counts.ignored,
        "refused": counts.refused,
    }


def _print_note(at_s: float, note: "StreamNote", *, as_json: bool) -> None:
    if as_json:
        print_json_line(
            {"what": note.what.value, "at_s": round(at_s, 3), "value": note.value}
        )
        return
    sentence = _SENTENCES[note.what].format(value=make_printable(note.value))
    line = Text(f"{at_s:7.2f} s  ", style="dim")
    line.append(sentence, style=_STYLES.get(note.what, "default"))
    out.print(line, soft_wrap=True)


# -- what is given ---------------------------------------------------------------------


def _check_url(url: str) -> None:
    from yarl import URL

    try:
        parsed = URL(url)
    except ValueError:
        parsed = URL()
    if parsed.scheme not in ("ws", "wss") or not parsed.host:
        raise typer.BadParameter(
            f"{url} is no ws or wss URL.", param_hint="URL"
        ) from None


def _read_format(text: str) -> "StreamFormat":
    from sip.audio_stream import StreamFormat

    try:
        return StreamFormat(text)
    except ValueError:
        known = ", ".join(StreamFormat)
        raise typer.BadParameter(
            f"{text} is none of {known}.", param_hint="--format"
        ) from None


def _read_keys(text: str) -> str:
    keys = text.upper()
    if not set(keys) <= STREAM_KEYS:
        known = "".join(sorted(STREAM_KEYS - {","}))
        raise typer.BadParameter(
            f"{text} has other letters than {known} and the comma.", param_hint="--dtmf"
        )
    return keys


def _read_sound(file: Path, form: "StreamFormat") -> bytes:
    """Return a WAV file in the form of the stream; one sentence ends the command else."""
    from engine.audio import SoundError
    from engine.audio.resampling import resample
    from engine.audio.ulaw import encode_ulaw
    from engine.audio.wav import WavError, read_samples

    try:
        rate, pcm = read_samples(_read_file(file))
        if rate != form.rate:
            pcm = resample(pcm, rate, form.rate)
    except WavError as error:
        print_error(f"{file} cannot be said: {error}.")
        raise typer.Exit(MISUSED) from error
    except SoundError as error:
        print_error(error.reason)
        raise typer.Exit(MISUSED) from error
    return pcm if form.is_binary else encode_ulaw(pcm)


def _read_file(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        print_error(f"{file} cannot be read: {error.strerror}.")
        raise typer.Exit(MISUSED) from error


def _write_sound(file: Path, heard: bytes, form: "StreamFormat") -> None:
    from engine.audio.ulaw import decode_ulaw
    from engine.audio.wav import to_wav

    pcm = heard if form.is_binary else decode_ulaw(heard)
    try:
        file.write_bytes(to_wav(form.rate, pcm))
    except OSError as error:
        print_error(f"{file} cannot be written: {error.strerror}.")
        raise typer.Exit(REFUSED) from error
