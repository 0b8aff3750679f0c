"""Who a TLS server may be, by the names in its certificate."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.conftest import SippFactory, self_signed
from tests.sip.name_server import name_server
from tests.sipp.conftest import Caller, DnsFactory
from tests.sipp.scenario import ack, invite, reply
from tests.sipp.test_transports import TlsTerminator, tls_terminator

pytestmark = pytest.mark.sipp

Pair = tuple[Path, Path]

LIMIT_S = 10.0
EC_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")  # made at once
ALL_NAMES = "address=/example/127.0.0.1"


def issued(folder: Path, issuer: Pair, subject: str, names: str = "") -> Pair:
    """Make a certificate, and its key, that *issuer* has signed."""
    request, certificate, key = (
        folder / f"leaf.{end}" for end in ("csr", "pem", "key")
    )
    extensions = folder / "extensions"
    extensions.write_text(f"subjectAltName={names}\n" if names else "")
    asking = [*EC_KEY, "-nodes", "-subj", f"/CN={subject}"]
    signing = ["-CA", issuer[0], "-CAkey", issuer[1], "-extfile", extensions]
    for command in (
        ["req", *asking, "-keyout", key, "-out", request],
        ["x509", "-req", "-days", "2", *signing, "-in", request, "-out", certificate],
    ):
        subprocess.run(["openssl", *command], check=True, capture_output=True)
    return certificate, key


@asynccontextmanager
async def hearing(front: TlsTerminator) -> AsyncIterator[list[bytes]]:
    """What the one connection through *front* brings, where nobody answers, to its end."""
    heard: list[bytes] = []
    over = asyncio.Event()

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                heard.append(data)
        finally:
            writer.close()
            over.set()

    async with await asyncio.start_server(hear, "127.0.0.1", 0) as server:
        front.plain_port = server.sockets[0].getsockname()[1]
        yield heard
        async with asyncio.timeout(LIMIT_S):
            await over.wait()


@pytest.mark.parametrize(
    ("host", "subject", "names"),
    [
        ("sip.callee.example", "x", "DNS:other.example,DNS:*.callee.example"),
        ("SIP.callee.example", "x", "DNS:*.CALLEE.example"),
        ("sip.callee.example", "*.callee.example", ""),
        ("sip.callee.example", "x", "DNS:sip.callee.example"),
    ],
)
async def test_named_by_its_certificate(
    caller: Caller,
    sipp: SippFactory,
    dns: DnsFactory,
    certificate: Pair,
    tmp_path: Path,
    host: str,
    subject: str,
    names: str,
) -> None:
    leaf = issued(tmp_path, certificate, subject, names)
    async with (
        tls_terminator(leaf) as front,
        sipp(invite(), reply(486), ack(), transport="t1") as callee,
        dns(ALL_NAMES),
    ):
        front.plain_port = callee.port
        await caller.invite(f"sips:callee@{host}:{front.port}")
        end = await caller.ended()

    assert end.status == 486


@pytest.mark.parametrize(
    ("host", "subject", "names"),
    [
        ("callee.example", "x", "DNS:*.callee.example"),
        ("a.sip.callee.example", "x", "DNS:*.callee.example"),
        ("sip.callee.example", "x", "DNS:s*.callee.example"),
        ("sip.callee.example", "x", "DNS:sip.*.example"),
        ("callee.example", "x", "DNS:*.example"),
        ("sip.callee.example", "x", "DNS:*.other.example"),
        ("sip.callee.example", "*.callee.example", "DNS:other.example"),
        ("127.0.0.1", "x", "DNS:*.0.0.1"),
    ],
)
async def test_not_named_by_its_certificate(
    caller: Caller,
    dns: DnsFactory,
    certificate: Pair,
    tmp_path: Path,
    host: str,
    subject: str,
    names: str,
) -> None:
    leaf = issued(tmp_path, certificate, subject, names)
    async with tls_terminator(leaf) as front, dns(ALL_NAMES), hearing(front) as heard:
        await caller.invite(f"sips:callee@{host}:{front.port}")
        end = await caller.ended()

    assert (end.origin, end.status) == ("local-transport", 503)
    assert heard == []


async def test_a_wildcard_of_nobody_we_trust(
    caller: Caller,
    dns: DnsFactory,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    ca = self_signed(stranger)
    leaf = issued(tmp_path, ca, "x", "DNS:*.callee.example")
    async with tls_terminator(leaf) as front, dns(ALL_NAMES), hearing(front) as heard:
        await caller.invite(f"sips:callee@sip.callee.example:{front.port}")
        end = await caller.ended()

    assert (end.origin, heard) == ("local-transport", [])
    (entry,) = [
        record for record in caplog.records if record.message == "tls_server_refused"
    ]
    shown = vars(entry)
    assert shown["host"] == "sip.callee.example"
    assert shown["peer"] == f"127.0.0.1:{front.port}"
    assert "untrusted" in shown["reason"]


STRICT = """
import asyncio, sys
from sip.agent import AgentConfig, Invite, ListeningPoint
from sip.events import LegId
from sip.pjsip.user_agent import PjsuaAgent
from sip.uri import SipUri

async def main(to, name_server, certificate, key):
    ended = asyncio.get_running_loop().create_future()
    config = AgentConfig(
        (ListeningPoint("tls", "127.0.0.1", 0),), max_calls=10, nameservers=(name_server,),
        tls_certificate=certificate, tls_private_key=key, tls_ca=certificate,
        tls_wildcards=False,
    )
    agent = PjsuaAgent(config, lambda events: ended.set_result(events[-1]))
    await agent.start()
    await agent.invite(Invite(LegId("leg"), SipUri.parse(to)))
    print((await ended).origin)
    await agent.aclose()

asyncio.run(asyncio.wait_for(main(*sys.argv[1:]), 20))
"""


async def test_wildcards_forbidden(certificate: Pair, tmp_path: Path) -> None:
    """There is one PJSIP in a process: this takes another one."""
    leaf = issued(tmp_path, certificate, "x", "DNS:*.callee.example")
    async with (
        tls_terminator(leaf) as front,
        name_server(tmp_path, ALL_NAMES) as server,
        hearing(front) as heard,
    ):
        to = f"sips:callee@sip.callee.example:{front.port}"
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", STRICT, to, server.address, *map(str, certificate)),
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await process.communicate()

    assert (out.decode().strip(), heard) == ("local-transport", [])
