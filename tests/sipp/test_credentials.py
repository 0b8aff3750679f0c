"""Digest challenges: answered with the call's own credentials, or the end of the call."""

import hashlib
from itertools import chain

import pytest

from sip.agent import MAX_CREDENTIALS, Credential
from sip.errors import SipError
from tests.conftest import SippFactory
from tests.sipp.conftest import Caller
from tests.sipp.scenario import (
    ack,
    answer,
    hang_up,
    has_credentials,
    has_header,
    invite,
    reply,
)

pytestmark = pytest.mark.sipp

CHALLENGE_HEADERS = {401: "WWW-Authenticate", 407: "Proxy-Authenticate"}
ANSWER_HEADERS = {401: "Authorization", 407: "Proxy-Authorization"}
HA1 = hashlib.md5(b"outring:hashed:other").hexdigest()  # what digests are made of
CREDENTIALS = (
    Credential("hashed", "outring", HA1, is_ha1=True),
    Credential("plain", "outring", "secret"),
    Credential("third", "somebody", "else"),
)


def challenge(status: int, realm: str, nonce: str = "a1b2c3") -> str:
    """Ask for credentials."""
    digest = f'Digest realm="{realm}", nonce="{nonce}", algorithm=MD5'
    return reply(status, f"{CHALLENGE_HEADERS[status]}: {digest}")


@pytest.mark.parametrize(
    ("status", "realm", "password"),
    [
        (401, "plain", "secret"),
        (407, "plain", "secret"),
        (401, "hashed", "other"),
        (407, "hashed", "other"),
    ],
)
async def test_challenge(
    caller: Caller, sipp: SippFactory, status: int, realm: str, password: str
) -> None:
    steps = (
        invite(),
        challenge(status, realm),
        ack(),
        invite(has_credentials("outring", password)),
        answer(),
        ack(),
        hang_up(),
    )
    async with sipp(*steps) as callee:
        await caller.invite(callee.uri, credentials=CREDENTIALS)
        await caller.answered()
        end = await caller.ended()

    assert (end.status, end.origin) == (200, "remote")


async def test_every_realm(caller: Caller, sipp: SippFactory) -> None:
    steps = (
        invite(),
        challenge(407, "whatever it is"),
        ack(),
        invite(has_credentials("outring", "secret")),
        answer(),
        ack(),
        hang_up(),
    )
    async with sipp(*steps) as callee:
        everywhere = (Credential("*", "outring", "secret"),)
        await caller.invite(callee.uri, credentials=everywhere)
        await caller.answered()
        await caller.ended()


@pytest.mark.parametrize("status", [401, 407])
@pytest.mark.parametrize(
    "nonces",
    [
        ("a1b2c3",),  # the answer was wrong, and there is no other
        ("d4e5f6", "a7b8c9", "d1e2f3"),  # each new nonce is tried, up to PJSIP's limit
    ],
)
async def test_wrong_password(
    caller: Caller, sipp: SippFactory, status: int, nonces: tuple[str, ...]
) -> None:
    tried = invite(has_header(ANSWER_HEADERS[status], 'username="outring"'))
    again = [(tried, challenge(status, "plain", nonce), ack()) for nonce in nonces]
    steps = (invite(), challenge(status, "plain"), ack(), *chain.from_iterable(again))
    async with sipp(*steps) as callee:
        await caller.invite(callee.uri, credentials=CREDENTIALS)
        end = await caller.ended()

    assert (end.status, end.origin) == (status, "remote")
    assert end.response is not None
    assert nonces[-1] in end.response.headers[CHALLENGE_HEADERS[status]]


@pytest.mark.parametrize("status", [401, 407])
@pytest.mark.parametrize("credentials", [(), CREDENTIALS])
async def test_no_credential_for_the_realm(
    caller: Caller,
    sipp: SippFactory,
    status: int,
    credentials: tuple[Credential, ...],
) -> None:
    async with sipp(invite(), challenge(status, "unknown"), ack()) as callee:
        await caller.invite(callee.uri, credentials=credentials)
        end = await caller.ended()

    assert (end.status, end.origin) == (status, "remote")


async def test_calls_of_different_credentials_at_once(
    caller: Caller, sipp: SippFactory
) -> None:
    def steps(password: str) -> tuple[str, ...]:
        checked = invite(has_credentials("outring", password))
        return invite(), challenge(407, "plain"), ack(), checked, reply(486), ack()

    async with sipp(*steps("one")) as first, sipp(*steps("two")) as second:
        for callee, password in ((first, "one"), (second, "two")):
            own = (Credential("plain", "outring", password),)
            await caller.invite(callee.uri, credentials=own)
        assert {(await caller.ended()).status for _ in range(2)} == {486}


async def test_too_many_credentials_are_refused(caller: Caller) -> None:
    before = caller.agent.legs
    many = CREDENTIALS[:1] * (MAX_CREDENTIALS + 1)

    with pytest.raises(SipError, match=f"at most {MAX_CREDENTIALS}"):
        await caller.invite("sip:a@127.0.0.1:9", credentials=many)
    assert caller.agent.legs == before


def test_no_password_shows() -> None:
    assert "secret" not in repr(CREDENTIALS)
    assert HA1 not in repr(CREDENTIALS)
