"""TLS files: whether a certificate fits its key, and how long it is valid."""

import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from .check import CheckFinding, Verdict

SOON = timedelta(days=30)
NO_PASSWORD = ""  # of a private key: nobody could be asked for it when outring starts


def check_pair(subject: str, certificate: Path, key: Path) -> CheckFinding:
    """Check that a server could use *certificate* with *key* now."""
    try:
        expiry = _read_expiry(certificate, key)
    except ssl.SSLCertVerificationError as error:
        text = f"{certificate} is not valid: {error.verify_message}."
        return CheckFinding(Verdict.WARNING, subject, text)
    except (ssl.SSLError, OSError) as error:
        reason = getattr(error, "reason", None) or error.strerror or str(error)
        text = f"{certificate} cannot be used with {key}: {reason}."
        return CheckFinding(Verdict.MISTAKE, subject, text)
    is_soon = expiry - datetime.now(UTC) < SOON
    text = f"{certificate} is valid until {expiry:%Y-%m-%d}."
    return CheckFinding(Verdict.WARNING if is_soon else Verdict.OK, subject, text)


def check_authorities(subject: str, file: Path) -> CheckFinding:
    """Check that *file* has certificates that can be trusted."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file)
    except (ssl.SSLError, OSError) as error:
        text = f"{file} has no certificates: {error.strerror or error}."
        return CheckFinding(Verdict.MISTAKE, subject, text)
    return CheckFinding(Verdict.OK, subject, f"{file} can be read.")


def _read_expiry(certificate: Path, key: Path) -> datetime:
    """Return until when *certificate* is valid; raises ssl.SSLError and OSError.

    The standard library decodes only a certificate that was verified in a handshake. So
    there is one in memory, of a client that trusts just this certificate.
    """
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key, password=NO_PASSWORD)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    client.load_verify_locations(certificate)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(to_client, to_server)
    answering = server.wrap_bio(to_server, to_client, server_side=True)
    for end in (asking, answering, asking):  # hello, certificate, verification
        with suppress(ssl.SSLWantReadError):
            end.do_handshake()
    decoded = asking.getpeercert()
    assert decoded is not None, "a verified peer has a certificate"
    return datetime.fromtimestamp(
        ssl.cert_time_to_seconds(str(decoded["notAfter"])), UTC
    )
