"""SIPp as a process of the test: started on loopback, awaited, and ended by its id."""

import asyncio
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

START_LIMIT_S = 10.0
LINGER_S = 15.0  # after the test's own work, SIPp has this long to finish


@dataclass
class Sipp:
    """A callee that is listening."""

    process: asyncio.subprocess.Process
    host: str
    port: int
    transport: str
    folder: Path
    limit_s: float

    @property
    def uri(self) -> str:
        """What to call."""
        return self.uri_of("callee")

    def uri_of(self, user: str) -> str:
        """What to call, with another user part."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        kind = ";transport=tcp" if self.transport == "t1" else ""
        return f"sip:{user}@{host}:{self.port}{kind}"

    async def finished(self) -> int:
        """SIPp's exit status; 0: every call went through the scenario."""
        async with asyncio.timeout(self.limit_s):
            return await self.process.wait()

    async def end(self) -> None:
        """Kill it if it still runs."""
        if self.process.returncode is None:
            with suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()

    def story(self) -> str:
        """The messages and errors that SIPp saw, for a failing test."""
        parts = [
            path for path in sorted(self.folder.iterdir()) if path.suffix == ".log"
        ]
        return "\n".join(
            f"--- {path.name}\n{path.read_text(errors='replace')}" for path in parts
        )


async def start_sipp(
    scenario: Path | None,
    folder: Path,
    *,
    calls: int = 1,
    host: str = "127.0.0.1",
    port: int | None = None,
    transport: str = "u1",
    limit_s: float = LINGER_S,
    trace: bool = True,
    options: tuple[str, ...] = (),
) -> Sipp:
    """Start SIPp with *scenario* (None: its built-in callee) for *calls* calls."""
    folder.mkdir(parents=True, exist_ok=True)
    kind = socket.SOCK_DGRAM if transport.startswith("u") else socket.SOCK_STREAM
    port = port or free_port(kind, host)
    what = ["-sn", "uas"] if scenario is None else ["-sf", str(scenario)]
    command = [
        "sipp",
        *what,
        *("-i", f"[{host}]" if ":" in host else host),
        *("-p", str(port)),
        *("-t", transport),
        *("-m", str(calls)),
        *("-l", str(max(calls, 10))),
        *("-timeout", str(int(limit_s) + 60)),
        "-timeout_error",
        "-nostdin",
        *options,
    ]
    if trace:
        command += ["-trace_err", "-error_file", str(folder / "errors.log")]
        command += ["-trace_msg", "-message_file", str(folder / "messages.log")]
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=folder,
    )
    sipp = Sipp(process, host, port, transport, folder, limit_s)
    await _listening(sipp, kind)
    return sipp


def free_port(kind: int, host: str) -> int:
    """A port that nobody uses now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, kind) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


async def _listening(sipp: Sipp, kind: int) -> None:
    """Wait until SIPp's port stands in the kernel's table of sockets."""
    tables = ("udp", "udp6") if kind == socket.SOCK_DGRAM else ("tcp", "tcp6")
    wanted = f":{sipp.port:04X} "
    async with asyncio.timeout(START_LIMIT_S):
        while not any(
            wanted in Path(f"/proc/net/{table}").read_text() for table in tables
        ):
            if sipp.process.returncode is not None:
                raise RuntimeError(f"SIPp ended at once:\n{sipp.story()}")
            await asyncio.sleep(0.01)
