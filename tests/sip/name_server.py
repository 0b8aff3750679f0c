"""dnsmasq as a process of the test: the records it is given, on a port of loopback.

Other names below ``example`` do not exist; all others are refused.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests.sipp.runner import free_port

START_LIMIT_S = 10.0


class NameServer:
    """A name server that is answering."""

    def __init__(self, port: int, log: Path) -> None:
        self.address = f"127.0.0.1:{port}"
        self._log = log

    def questions(self) -> list[str]:
        """What it was asked, such as ``SRV _sip._udp.h.example``, in order."""
        lines = self._log.read_text().splitlines()
        asked = [line.partition("query[")[2] for line in lines if "query[" in line]
        return [
            " ".join(text.partition(" from ")[0].replace("]", "").split())
            for text in asked
        ]


@asynccontextmanager
async def name_server(folder: Path, *records: str) -> AsyncIterator[NameServer]:
    """dnsmasq with *records*, which are its options without the dashes."""
    port = _port_of_both()
    log = folder / f"dnsmasq-{port}.log"
    command = [
        "dnsmasq",
        *("--keep-in-foreground", "--conf-file=/dev/null", "--pid-file", "--user="),
        *("--no-resolv", "--no-hosts", "--local=/example/", "--log-queries"),
        *("--listen-address=127.0.0.1", "--bind-interfaces", f"--port={port}"),
        f"--log-facility={log}",
        *(f"--{record}" for record in records),
    ]
    process = await asyncio.create_subprocess_exec(*command)
    try:
        async with asyncio.timeout(START_LIMIT_S):
            while not (log.exists() and "started" in log.read_text()):
                assert process.returncode is None, "dnsmasq ended at once"
                await asyncio.sleep(0.01)
        yield NameServer(port, log)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def _port_of_both() -> int:
    """A port that is free over UDP and over TCP: dnsmasq takes both."""
    while True:
        port = free_port(socket.SOCK_DGRAM, "127.0.0.1")
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
