"""What ``outring check`` finds out about TLS files, Redis and ports."""

import subprocess
from pathlib import Path

import pytest

from engine.cli.check import Verdict
from engine.cli.check_clock import check_redis
from engine.cli.check_tls import check_authorities, check_pair
from engine.config.settings import RedisSettings
from tests.engine.process import command, configured, serving
from tests.redis_server import RedisServer


def make_certificate(folder: Path, days: int) -> tuple[Path, Path]:
    """Make a certificate that is valid for *days*, and its key."""
    certificate, key = folder / f"{days}.pem", folder / f"{days}.key"
    words = f"req -x509 -newkey rsa:2048 -nodes -days {days} -subj /CN=outring"
    files = ("-keyout", str(key), "-out", str(certificate))
    subprocess.run(["openssl", *words.split(), *files], check=True, capture_output=True)
    return certificate, key


@pytest.mark.parametrize(("days", "verdict"), [(5, "warning"), (300, "ok")])
def test_how_long_a_certificate_is_valid(
    tmp_path: Path, days: int, verdict: str
) -> None:
    finding = check_pair("http", *make_certificate(tmp_path, days))

    assert finding.verdict is Verdict(verdict)
    assert "is valid until 20" in finding.text


def test_a_certificate_of_another_key(tmp_path: Path) -> None:
    certificate, _ = make_certificate(tmp_path, 300)
    _, key = make_certificate(tmp_path, 301)

    finding = check_pair("sip", certificate, key)

    assert finding.verdict is Verdict.MISTAKE
    assert finding.text == (
        f"{certificate} cannot be used with {key}: KEY_VALUES_MISMATCH."
    )


def test_authorities(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path, 300)

    assert check_authorities("sip.tls_ca", certificate).verdict is Verdict.OK
    assert check_authorities("sip.tls_ca", key).verdict is Verdict.MISTAKE


def test_redis_that_is_away() -> None:
    (finding,) = check_redis(RedisSettings(url="redis://127.0.0.1:1"))

    assert (finding.verdict, finding.subject) == (Verdict.MISTAKE, "redis")
    assert not list(check_redis(RedisSettings()))


def test_redis_that_answers(redis_server: RedisServer) -> None:
    (finding,) = check_redis(RedisSettings(url=redis_server.url))

    assert (finding.verdict, finding.text) == (Verdict.OK, "It answers.")


@pytest.mark.sipp
async def test_beside_a_process_that_serves(tmp_path: Path) -> None:
    file = configured(tmp_path)
    async with serving(file) as outring:
        port = outring.url.rpartition(":")[2]
        taken = await command("check", "-c", str(file), OUTRING_HTTP_PORT=port)
        beside = await command(
            "check", "--no-ports", "-c", str(file), OUTRING_HTTP_PORT=port
        )

    assert (taken[0], "Cannot listen on 127.0.0.1" in taken[1]) == (2, True)
    assert (
        "Address already in use. Beside an outring that serves, say --no-ports."
        in taken[1]
    )
    assert (beside[0], "Cannot listen" in beside[1]) == (0, False)
