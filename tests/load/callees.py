"""Callees of a load: a SIPp for each outcome, and a port where nobody answers.

Each SIPp counts its calls and retransmissions in CSV files, which are the judge of
what the dialer sent.
"""

import asyncio
import csv
import re
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import msgspec
import psutil

from tests.load.mix import Mix, Outcome
from tests.sipp.runner import Sipp, start_sipp

SCENARIOS = Path(__file__).parent / "scenarios"
MOST_CALLS = 2_000_000
LONGEST_S = 3 * 3600.0  # SIPp ends by itself then, whatever becomes of us
LAST_WORDS_S = 10.0
RETRANSMISSIONS = "10"  # so many fit into 32 s (RFC 3261 §13.3.1.4, §17.1.2.2)
RECEIVE_BUFFER = 4 * 2**20  # bytes; the kernel gives less if it may not

_COUNTED = re.compile(r"\d+_[A-Z0-9]+_(Sent|Recv|Retrans)$")

Row = Mapping[str, str]


class Figures(msgspec.Struct, frozen=True):
    """What the callees of one outcome counted."""

    calls: int = 0
    failed: int = 0  # did not go as their scenario says
    open: int = 0  # not ended: legs that are left
    by_callee: int = 0  # messages that the callee sent again
    by_dialer: int = 0  # messages that came to the callee again


class Silence(asyncio.DatagramProtocol):
    """A port that takes what comes, and says nothing."""

    def __init__(self) -> None:
        self.port = 0
        self.messages = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, *_: object) -> None:
        """Count a message."""
        self.messages += 1


class Callees:
    """The callees of a mix, running."""

    def __init__(self, sipps: Mapping[Outcome, Sipp], silence: Silence) -> None:
        self._sipps = sipps
        self._silence = silence

    @property
    def processes(self) -> list[psutil.Process]:
        """The processes of SIPp, one for each outcome but silence."""
        return [psutil.Process(sipp.process.pid) for sipp in self._sipps.values()]

    @property
    def silent_messages(self) -> int:
        """What came to the port where nobody answers, first messages and later ones."""
        return self._silence.messages

    def uri(self, outcome: Outcome) -> str:
        """Whom to call for *outcome*."""
        if outcome is Outcome.SILENCE:
            return f"sip:nobody@127.0.0.1:{self._silence.port}"
        return self._sipps[outcome].uri

    async def end(self) -> dict[Outcome, Figures]:
        """End them once their calls have ended, if that is soon; what they counted."""
        await asyncio.gather(*map(_end, self._sipps.values()))
        return {
            outcome: figures_of(_rows(sipp.folder / "stat.csv"), _counts(sipp.folder))
            for outcome, sipp in self._sipps.items()
        }


@asynccontextmanager
async def callees(folder: Path, mix: Mix) -> AsyncIterator[Callees]:
    """Callees for every outcome of *mix*; their files go into *folder*."""
    loop = asyncio.get_running_loop()
    transport, silence = await loop.create_datagram_endpoint(
        Silence, local_addr=("127.0.0.1", 0)
    )
    async with AsyncExitStack() as stack:
        stack.callback(transport.close)
        sipps: dict[Outcome, Sipp] = {}
        for outcome in mix.shares:
            if outcome is not Outcome.SILENCE:
                scenario, values = _behaviour(outcome, mix)
                sipp = await start(folder / outcome, scenario, **values)
                stack.push_async_callback(sipp.end)
                sipps[outcome] = sipp
        yield Callees(sipps, silence)


async def start(folder: Path, scenario: str, **values: int) -> Sipp:
    """A SIPp with a scenario of ours, whose variables have *values*."""
    variables = (("-set", name, str(value)) for name, value in values.items())
    return await start_sipp(
        SCENARIOS / f"{scenario}.xml",
        folder,
        calls=MOST_CALLS,
        limit_s=LONGEST_S,
        trace=False,
        options=(
            *("-trace_stat", "-stf", "stat.csv", "-fd", "1", "-trace_counts"),
            *("-buff_size", str(RECEIVE_BUFFER), "-mi", "127.0.0.1"),
            *("-max_invite_retrans", RETRANSMISSIONS),
            *("-max_non_invite_retrans", RETRANSMISSIONS),
            *("-watchdog_interval", "0"),  # it ends SIPp if others have the processor
            *(word for variable in variables for word in variable),
        ),
    )


def _behaviour(outcome: Outcome, mix: Mix) -> tuple[str, dict[str, int]]:
    """Scenario of *outcome*, and its variables."""
    answer = mix.answer
    match outcome:
        case Outcome.ANSWER if answer.hangs_up == "callee":
            values = {"ring_ms": answer.ring_ms, "hold_ms": answer.hold_ms}
            return "answer-and-hang-up", values
        case Outcome.ANSWER:
            return "answer", {"ring_ms": answer.ring_ms}
        case Outcome.BUSY:
            return "busy", {"ring_ms": mix.busy.ring_ms}
    return "no-answer", {}


async def _end(sipp: Sipp) -> None:
    await let_end(sipp.process)
    await sipp.end()


async def let_end(process: asyncio.subprocess.Process) -> None:
    """Have a SIPp take or place no more calls, and write its last figures."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGUSR1)
    with suppress(TimeoutError):
        async with asyncio.timeout(LAST_WORDS_S):
            await process.wait()


def calls_in(stat: Path) -> int:
    """Calls that went through their scenario, of a file of SIPp's statistics."""
    return int(_rows(stat)[-1]["SuccessfulCall(C)"])


def _counts(folder: Path) -> list[Row]:
    return [row for file in folder.glob("*_counts.csv") for row in _rows(file)]


def _rows(file: Path) -> list[Row]:
    with file.open() as lines:
        return list(csv.DictReader(lines, delimiter=";"))


def figures_of(stat: list[Row], counts: list[Row]) -> Figures:
    """What SIPp's files say: the rows of its statistics and of its message counts."""
    if not stat or not counts:
        return Figures()
    last = stat[-1]
    by_callee, by_dialer = retransmissions(counts[-1])
    return Figures(
        calls=int(last["TotalCallCreated"]),
        failed=int(last["FailedCall(C)"]),
        open=int(last["CurrentCall"]),
        by_callee=by_callee,
        by_dialer=by_dialer + int(last["DeadCallMsgs(C)"]),
    )


def retransmissions(counts: Row) -> tuple[int, int]:
    """Messages that were sent again and that came again, of a row of message counts.

    Columns are such as ``0_INVITE_Recv`` and ``0_INVITE_Retrans``: what has one number
    is either sent or received. A request that is received at two places of a scenario
    came again where it is the second one.
    """
    numbers = {
        name: int(value) for name, value in counts.items() if _COUNTED.match(name or "")
    }
    sent_again = received_again = 0
    seen: set[str] = set()
    for name, count in numbers.items():
        where, what, kind = name.split("_")
        if kind == "Retrans" and f"{where}_{what}_Sent" in numbers:
            sent_again += count
        elif kind == "Retrans" or (kind == "Recv" and what in seen):
            received_again += count
        if kind == "Recv":
            seen.add(what)
    return sent_again, received_again
