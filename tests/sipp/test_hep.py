"""The signalling as a Homer server gets it: HEP3 over UDP, every packet read to its last byte."""

import asyncio
import socket
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from engine.config.settings import HepSettings
from sip.agent import HepServer
from tests.conftest import SippFactory
from tests.engine.process import (
    KEY,
    PLATFORM,
    SETTINGS,
    Outring,
    command,
    configured,
    serving,
)
from tests.sipp.runner import free_port
from tests.sipp.scenario import ack, answer, bye, hang_up, invite, options, reply
from tests.sipp.test_transports import tls_terminator

pytestmark = pytest.mark.sipp

LIMIT_S = 10.0
CALL = ["INVITE", "180", "200", "ACK", "BYE", "200"]
STEPS = (invite(), reply(180), answer(), ack(), hang_up())


@dataclass
class Packet:
    """What one HEP3 packet says."""

    family: int
    protocol: int
    source: tuple[str, int]
    destination: tuple[str, int]
    at: float
    kind: int
    capture_id: int
    key: bytes | None
    payload: bytes
    call_id: str

    @property
    def name(self) -> str:
        """Method or status."""
        first, second, *_ = self.payload.decode().split(" ")
        return second if first == "SIP/2.0" else first


def read(data: bytes) -> Packet:
    """Read a packet; there must be nothing in it that is not understood."""
    assert data[:4] == b"HEP3"
    assert struct.unpack("!H", data[4:6])[0] == len(data)
    chunks: dict[int, bytes] = {}
    place = 6
    while place < len(data):
        vendor, kind, length = struct.unpack("!HHH", data[place : place + 6])
        assert vendor == 0
        assert kind not in chunks
        assert length >= 6
        chunks[kind] = data[place + 6 : place + length]
        place += length
    assert place == len(data)
    family = chunks.pop(0x0001)[0]
    source, destination = {
        socket.AF_INET: (0x0003, 0x0004),
        socket.AF_INET6: (0x0005, 0x0006),
    }[socket.AddressFamily(family)]
    packet = Packet(
        family,
        struct.unpack("!B", chunks.pop(0x0002))[0],
        (str(ip_address(chunks.pop(source))), number(chunks.pop(0x0007), "!H")),
        (str(ip_address(chunks.pop(destination))), number(chunks.pop(0x0008), "!H")),
        number(chunks.pop(0x0009), "!I") + number(chunks.pop(0x000A), "!I") / 1e6,
        number(chunks.pop(0x000B), "!B"),
        number(chunks.pop(0x000C), "!I"),
        chunks.pop(0x000E, None),
        chunks.pop(0x000F),
        chunks.pop(0x0011).decode(),
    )
    assert chunks == {}
    return packet


def number(value: bytes, form: str) -> int:
    """One number in network byte order, of just the length of *form*."""
    return int(struct.unpack(form, value)[0])


class Homer:
    """A HEP server, and an outring that exports to it."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.address = f"udp:127.0.0.1:{self.socket.getsockname()[1]}"

    async def packets(self, count: int) -> list[Packet]:
        """Wait for so many."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(LIMIT_S):
            return [
                read(await loop.sock_recv(self.socket, 65535)) for _ in range(count)
            ]

    @property
    def is_idle(self) -> bool:
        """Whether no other packet has come."""
        try:
            return not self.socket.recv(65535)
        except BlockingIOError:
            return True

    @asynccontextmanager
    async def fed(
        self,
        folder: Path,
        listen: str,
        hep: str = 'password = "secret"\ncapture_id = 4711',
        platform: str = PLATFORM,
        sip: str = "",
    ) -> AsyncIterator[Outring]:
        """An outring that listens so, and exports to this server."""
        settings = SETTINGS.replace("udp:127.0.0.1:0", listen).replace(
            "[log]", f'{sip}\n[hep]\nserver = "{self.address}"\n{hep}\n[log]'
        )
        async with serving(configured(folder, settings, platform)) as outring:
            yield outring


@pytest.fixture
async def homer() -> AsyncIterator[Homer]:
    """It listens."""
    homer = Homer()
    yield homer
    homer.socket.close()


async def called(outring: Outring, to: str) -> dict[str, Any]:
    """Place a call, and wait until it is over; what is known of it."""
    request = {"action": "makeCall", "to": to, "apiKey": KEY}
    base = f"{outring.url}/api/v1/bvr"
    async with (
        aiohttp.ClientSession(headers={"X-API-Key": KEY}) as http,
        asyncio.timeout(LIMIT_S),
    ):
        async with http.post(f"{base}/outbound", json=request) as response:
            uuid = (await response.json())["applicationUUID"]
        while True:
            async with http.get(f"{base}/calls/{uuid}") as response:
                view: dict[str, Any] = await response.json()
            if view["state"] == "ended":
                return view
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_udp(tmp_path: Path, sipp: SippFactory, homer: Homer, host: str) -> None:
    port, began = free_port(socket.SOCK_DGRAM, host), time.time()
    listen = f"udp:[{host}]:{port}" if ":" in host else f"udp:{host}:{port}"
    async with (
        sipp(*STEPS, host=host) as callee,
        homer.fed(tmp_path, listen) as outring,
    ):
        view = await called(outring, callee.uri)
        packets = await homer.packets(6)

    assert [packet.name for packet in packets] == CALL
    ways = [(packet.source, packet.destination) for packet in packets]
    out = ((host, port), (host, callee.port))
    back = out[::-1]
    assert ways == [out, back, back, out, back, out]
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for packet, shown in zip(packets, view["ladder"], strict=True):
        assert packet.family == family
        assert packet.protocol == socket.IPPROTO_UDP
        assert packet.kind == 1
        assert packet.capture_id == 4711
        assert packet.key == b"secret"
        assert packet.call_id == view["callId"] == shown["callId"]
        assert f"Call-ID: {view['callId']}\r\n".encode() in packet.payload
        assert packet.payload.endswith((b"\r\n\r\n", b"\r\n"))
        assert began < packet.at < time.time()
    assert [packet.at for packet in packets] == sorted(packet.at for packet in packets)
    assert b"\r\n\r\nv=0\r\n" in packets[0].payload
    assert homer.is_idle


async def test_tcp(tmp_path: Path, sipp: SippFactory, homer: Homer) -> None:
    async with (
        sipp(*STEPS, transport="t1") as callee,
        homer.fed(tmp_path, "tcp:127.0.0.1:0", hep="") as outring,
    ):
        await called(outring, callee.uri)
        packets = await homer.packets(6)

    assert [packet.name for packet in packets] == CALL
    assert {packet.protocol for packet in packets} == {socket.IPPROTO_TCP}
    assert {packet.key for packet in packets} == {None}
    assert {packet.capture_id for packet in packets} == {1}
    assert packets[0].destination == packets[1].source == ("127.0.0.1", callee.port)
    assert packets[0].source == packets[1].destination
    assert packets[0].source[0] == "127.0.0.1"
    assert packets[0].source[1] > 0


async def test_tls(
    tmp_path: Path, sipp: SippFactory, homer: Homer, certificate: tuple[Path, Path]
) -> None:
    """What is exported is the plain text."""
    keys = dict(zip(("certificate", "private_key"), certificate, strict=True))
    keys["ca"] = certificate[0]
    lines = "\n".join(f'tls_{name} = "{file}"' for name, file in keys.items())
    async with tls_terminator(certificate) as front:
        contact = f"Contact: <sip:callee@127.0.0.1:{front.port};transport=tls>"
        steps = (
            *(invite(), reply(180, contact=contact), answer(contact=contact)),
            *(ack(), hang_up()),
        )
        async with (
            sipp(*steps, transport="t1") as callee,
            homer.fed(tmp_path, "tls:127.0.0.1:0", sip=lines) as outring,
        ):
            front.plain_port = callee.port
            to = f"sip:callee@127.0.0.1:{front.port};transport=tls"
            view = await called(outring, to)
            packets = await homer.packets(6)

    assert [packet.name for packet in packets] == CALL
    assert {packet.protocol for packet in packets} == {socket.IPPROTO_TCP}
    assert packets[0].destination == ("127.0.0.1", front.port)
    assert {message["peer"] for message in view["ladder"]} == {
        f"tls:127.0.0.1:{front.port}"
    }


async def test_a_socket_that_is_bound_to_every_address(
    tmp_path: Path, sipp: SippFactory, homer: Homer
) -> None:
    public = 'public_address = "127.0.0.1"'
    port = free_port(socket.SOCK_DGRAM, "127.0.0.1")
    async with (
        sipp(*STEPS) as callee,
        homer.fed(tmp_path, f"udp:0.0.0.0:{port}", sip=public) as outring,
    ):
        await called(outring, callee.uri)
        packets = await homer.packets(6)

    assert packets[0].source == packets[1].destination == ("127.0.0.1", port)


async def test_pings_and_nothing_of_strangers(
    tmp_path: Path, sipp: SippFactory, homer: Homer
) -> None:
    port = free_port(socket.SOCK_DGRAM, "127.0.0.1")
    async with sipp(options()) as callee:
        platform = f"""{PLATFORM}
[[proxy]]
id = "edge"
address = "{callee.uri}"
priority = 1
ping_interval_ms = 600000
"""
        async with homer.fed(
            tmp_path, f"udp:127.0.0.1:{port}", platform=platform
        ) as outring:
            packets = await homer.packets(2)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
                stranger.settimeout(5)
                stranger.connect(("127.0.0.1", port))
                stranger.send(OPTIONS.replace(b"\n", b"\r\n"))
                assert stranger.recv(65535).startswith(b"SIP/2.0 ")
            async with sipp(invite(), reply(486), ack()) as busy:
                view = await called(outring, busy.uri)
                later = await homer.packets(3)

    assert [packet.name for packet in packets] == ["OPTIONS", "200"]
    assert packets[0].call_id == packets[1].call_id
    assert packets[0].destination == packets[1].source == ("127.0.0.1", callee.port)
    assert [packet.name for packet in later] == ["INVITE", "486", "ACK"]
    assert {packet.call_id for packet in later} == {view["callId"]}
    assert homer.is_idle


OPTIONS = b"""\
OPTIONS sip:bvr@127.0.0.1 SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bKstranger
From: <sip:stranger@127.0.0.1>;tag=s
To: <sip:bvr@127.0.0.1>
Call-ID: stranger
CSeq: 1 OPTIONS
Max-Forwards: 70
Content-Length: 0

"""


async def test_a_server_that_is_away(
    tmp_path: Path, sipp: SippFactory, homer: Homer
) -> None:
    """Calls go on, and what it misses is counted in the log."""
    homer.socket.close()
    async with (
        sipp(invite(), reply(180), answer(), ack(), bye(), calls=1) as callee,
        homer.fed(tmp_path, "udp:127.0.0.1:0", hep="") as outring,
    ):
        calling = asyncio.create_task(ringing(outring, callee.uri))
        entry = await outring.logged("hep_packets_dropped")
        await calling

    assert entry["count"] >= 1
    assert entry["level"] == "warning"


async def ringing(outring: Outring, to: str) -> None:
    """Place a call that we hang up."""
    request = {"action": "makeCall", "to": to, "apiKey": KEY}
    base = f"{outring.url}/api/v1/bvr"
    async with aiohttp.ClientSession(headers={"X-API-Key": KEY}) as http:
        async with http.post(f"{base}/outbound", json=request) as response:
            body = await response.json()
        assert body["result"] == "Call connected"
        async with http.delete(f"{base}/calls/{body['applicationUUID']}") as response:
            assert response.status == 202


async def test_a_name_that_does_not_exist(tmp_path: Path) -> None:
    hep = '[hep]\nserver = "udp:homer.invalid:9060"\n[log]'
    file = configured(tmp_path, SETTINGS.replace("[log]", hep))

    status, _, err = await command("serve", "--config", str(file))

    assert status == 2
    assert "The HEP server homer.invalid cannot be reached: " in err


@pytest.mark.parametrize(
    ("server", "host"),
    [
        ("udp:192.0.2.1:9060", "192.0.2.1"),
        ("udp:homer.example.com:9060", "homer.example.com"),
        ("udp:[2001:db8::1]:9060", "2001:db8::1"),
    ],
)
def test_server(server: str, host: str) -> None:
    settings = HepSettings(server=server, capture_id=7, password="secret")

    assert settings.destination() == HepServer(host, 9060, 7, "secret")
    assert "secret" not in f"{settings!r} {settings.destination()!r}"


def test_no_server() -> None:
    assert HepSettings().destination() is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("server", "192.0.2.1:9060"),
        ("server", "tcp:192.0.2.1:9060"),
        ("server", "udp:192.0.2.1"),
        ("server", "udp::9060"),
        ("server", "udp:*:9060"),
        ("server", "udp:2001:db8::1:9060"),
        ("server", "udp:192.0.2.1:0"),
        ("server", "udp:192.0.2.1:65536"),
        ("capture_id", -1),
        ("capture_id", 2**32),
        ("password", "x" * 256),
    ],
)
def test_what_cannot_be_meant(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=field):
        HepSettings.model_validate({field: value})
