"""A real softphone as the far end: baresip, without a sound card and without a registrar.

It is steered over its control connection (commands and events in JSON, each a netstring), and
prints every SIP message that it sends or receives, so that a test asserts both ends.
"""

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.sipp.far_end import Address, Message

LIMIT_S = 10.0
PAUSE_S = 0.01  # between two looks at what the process has done so far
MAX_CALLS = 2  # with one more, the phone is busy
SIP_HOST, CONTROL_HOST = "127.0.0.1", "127.0.0.2"  # so that their ports are told apart

# Its source of sound makes 48,000 samples a second in stereo, and nothing else.
CONFIG = f"""\
net_interface {SIP_HOST}
sip_listen {SIP_HOST}:0
ctrl_tcp_listen {CONTROL_HOST}:0
call_max_calls {MAX_CALLS}
audio_source ausine,440
ausrc_srate 48000
ausrc_channels 2
ringback_disabled yes
module_path /usr/lib/baresip/modules
module g711.so
module ausine.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
"""
TRACE = re.compile(
    r"\x1b\[36;1m#\n\w+ (?P<host>[\d.]+):(?P<port>\d+) -> \S+\n(?P<raw>.*?)\x1b\[;m\n",
    re.DOTALL,
)


@dataclass(frozen=True)
class PhoneEvent:
    """What the phone says of a call: ``CALL_INCOMING``, ``CALL_CLOSED``, ..."""

    kind: str
    call_id: str
    detail: str


class Control(asyncio.Protocol):
    """The control connection: answers to commands, and events in the order of arrival."""

    def __init__(self) -> None:
        self.answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.events: asyncio.Queue[PhoneEvent] = asyncio.Queue()
        self._received = b""

    def data_received(self, data: bytes) -> None:
        """Take each message that is complete: its length, a colon, JSON, a comma."""
        self._received += data
        while True:
            length, colon, rest = self._received.partition(b":")
            if not colon or len(rest) <= int(length):
                return
            self._take(json.loads(rest[: int(length)]))
            self._received = rest[int(length) + 1 :]

    def _take(self, message: dict[str, Any]) -> None:
        if "response" in message:
            self.answers.put_nowait(message)
            return
        self.events.put_nowait(
            PhoneEvent(message["type"], message.get("id", ""), message.get("param", ""))
        )


class Softphone:
    """A running baresip. It takes *MAX_CALLS* calls, and answers none by itself."""

    def __init__(
        self,
        address: Address,
        trace: Path,
        control: Control,
        transport: asyncio.WriteTransport,
    ) -> None:
        self.address = address
        self._trace = trace
        self._control = control
        self._transport = transport

    @property
    def uri(self) -> str:
        """What to call."""
        return f"sip:phone@{self.address[0]}:{self.address[1]}"

    async def command(self, name: str, parameter: str = "") -> str:
        """Do what a user would do; what the phone shows. AssertionError if it refuses."""
        command = json.dumps({"command": name, "params": parameter}).encode()
        self._transport.write(b"%d:%s," % (len(command), command))
        async with asyncio.timeout(LIMIT_S):
            answer = await self._control.answers.get()
        assert answer["ok"], (name, answer)
        return str(answer["data"])

    async def event(
        self, kind: str, call_id: str | None = None, detail: str = ""
    ) -> PhoneEvent:
        """The next event of that kind (and call, and detail); the others before it are gone.

        TimeoutError if it does not come within *LIMIT_S* seconds.
        """
        async with asyncio.timeout(LIMIT_S):
            while True:
                event = await self._control.events.get()
                is_of_call = call_id in (None, event.call_id)
                if event.kind == kind and is_of_call and detail in ("", event.detail):
                    return event

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until *condition* holds; TimeoutError after *LIMIT_S* seconds."""
        async with asyncio.timeout(LIMIT_S):
            while not condition():
                await asyncio.sleep(PAUSE_S)

    async def until_idle(self) -> None:
        """Wait until it has no call, and forget its events."""
        async with asyncio.timeout(LIMIT_S):
            while "Active calls (0)" not in await self.command("listcalls"):
                await asyncio.sleep(PAUSE_S)
        while not self._control.events.empty():
            self._control.events.get_nowait()

    def messages(self, call_id: str | None = None) -> list[Message]:
        """The messages of one call so far, or of all; ``source`` tells who has sent them."""
        text = self._trace.read_bytes().decode(errors="replace")
        messages = [
            Message(found["raw"].encode(), (found["host"], int(found["port"])))
            for found in TRACE.finditer(text)
        ]
        return [
            message for message in messages if call_id in (None, message["Call-ID"])
        ]

    def ladder(self, call_id: str) -> list[str]:
        """The same as a drawing: ``> INVITE`` came to the phone, ``< 200 OK`` left it."""
        return draw_once(
            (message.source != self.address, draw(message), message["CSeq"])
            for message in self.messages(call_id)
        )


def draw(message: Message) -> str:
    """The method of a request, or status and reason of a response."""
    if message.status:
        return message.start_line.partition(" ")[2]
    return message.start_line.partition(" ")[0]


def draw_once(messages: Iterable[tuple[bool, str, str]]) -> list[str]:
    """Messages by direction (to the phone?), name and CSeq, each without its repetitions.

    A busy machine makes an end repeat one (RFC 3261 §17), and either end may see that at
    another place.
    """
    return [
        f"{'>' if is_to_phone else '<'} {name}"
        for is_to_phone, name, _ in dict.fromkeys(messages)
    ]


@asynccontextmanager
async def open_softphone(folder: Path) -> AsyncIterator[Softphone]:
    """Start one that keeps its files in *folder*; it is ended by its process id."""
    folder.mkdir()
    (folder / "config").write_text(CONFIG)
    account = f"<sip:phone@{SIP_HOST}>;regint=0;audio_codecs=PCMU\n"
    (folder / "accounts").write_text(account)
    trace = folder / "trace.log"
    with trace.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            # By lines: otherwise a message would stand in a buffer for long.
            *("stdbuf", "-oL", "baresip", "-4", "-s", "-f", str(folder)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
        )
    try:
        sip, control = await find_ports(process, trace)
        transport, protocol = await asyncio.get_running_loop().create_connection(
            Control, *control
        )
        try:
            yield Softphone(sip, trace, protocol, transport)
        finally:
            transport.close()
    finally:
        await end(process)


async def find_ports(
    process: asyncio.subprocess.Process, trace: Path
) -> tuple[Address, Address]:
    """Where it listens for SIP over UDP and for its control connection, when it does.

    The kernel chooses free ports for it. RuntimeError if it ends instead.
    """
    async with asyncio.timeout(LIMIT_S):
        while True:
            if process.returncode is not None:
                raise RuntimeError(f"baresip ended at once:\n{trace.read_text()}")
            bound = {
                (opened.laddr.ip, opened.type): opened.laddr
                for opened in psutil.Process(process.pid).net_connections()
            }
            # It comes last: then all others are there.
            if control := bound.get((CONTROL_HOST, socket.SOCK_STREAM)):
                sip = bound[SIP_HOST, socket.SOCK_DGRAM]
                return (sip.ip, sip.port), (control.ip, control.port)
            await asyncio.sleep(PAUSE_S)


async def end(process: asyncio.subprocess.Process) -> None:
    """Ask it to end, and kill it if it does not."""
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(LIMIT_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
