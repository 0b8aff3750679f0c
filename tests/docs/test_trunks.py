"""``docs/trunks.md``: each recipe can be applied, and a call goes through it as the page says."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from engine.config.settings import Settings
from engine.platform.objects import Objects
from tests.conftest import Dialer, SippFactory
from tests.documented import Page
from tests.sipp.runner import Sipp
from tests.sipp.scenario import (
    CONTACT,
    ack,
    answer,
    bye,
    encrypted_answer,
    hang_up,
    has_credentials,
    has_header,
    has_text,
    invite,
    reply,
)
from tests.sipp.test_transports import tls_terminator

PAGE = Page("trunks.md")
NUMBER = "+49301234567"
CHALLENGE = (
    'WWW-Authenticate: Digest realm="sip.carrier.example", nonce="a1", algorithm=MD5'
)
SRTP_KEY = "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkw"  # 30 bytes
ASKED = invite(has_text(r"^INVITE sip:\+49301234567@127.0.0.1"))
ANSWERS = (answer(), ack(), hang_up())


def blocks(text: str) -> list[str]:
    """The blocks of TOML in *text*."""
    return re.findall(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def is_settings(block: str) -> bool:
    """Whether it is a part of the settings, and not of the platform."""
    return block.startswith("# outring.toml")


SETTINGS = [block for block in blocks(PAGE.text) if is_settings(block)]
OBJECTS = [block for block in blocks(PAGE.text) if not is_settings(block)]


@pytest.mark.parametrize("block", SETTINGS)
def test_settings_of_a_recipe_are_valid(block: str, tmp_path: Path) -> None:
    for name in re.findall(r'"(/etc/outring/[\w.]+)"', block):
        (tmp_path / Path(name).name).touch()

    Settings.model_validate(tomllib.loads(block.replace("/etc/outring", str(tmp_path))))


@pytest.mark.parametrize("block", OBJECTS)
def test_objects_of_a_recipe_are_valid(block: str) -> None:
    objects = Objects.model_validate(tomllib.loads(block))

    (group,) = objects.group
    assert set(group.members) == {proxy.id for proxy in objects.proxy}
    assert group.default


def recipe(title: str, *callees: Sipp) -> dict[str, Any]:
    """The objects of a recipe; its first trunks are *callees*."""
    (block,) = (b for b in blocks(PAGE.section(f"## {title}")) if not is_settings(b))
    tables: dict[str, Any] = tomllib.loads(block)
    for proxy, callee in zip(tables["proxy"], callees, strict=False):
        proxy["address"] = callee.uri_of("proxy")
        proxy.pop("ping_interval_ms", None)
    return tables


async def call(dialer: Dialer, **tables: Any) -> dict[str, Any]:
    """Call a number through the recipe; what is known of the call at its end."""
    dialer.process.parts.placer.health.keep_only(())  # not what earlier tests found
    async with dialer.changed(**tables):
        _, body = await dialer.call(NUMBER)
        assert body["result"] == "Call connected", body
        return await dialer.ended(body)


@pytest.mark.sipp
async def test_a_trunk_that_knows_you(dialer: Dialer, sipp: SippFactory) -> None:
    async with sipp(ASKED, *ANSWERS) as callee:
        view = await call(
            dialer, **recipe("A trunk that knows you by your address", callee)
        )

    assert view["proxy"] == "carrier"


@pytest.mark.sipp
async def test_a_trunk_that_asks(dialer: Dialer, sipp: SippFactory) -> None:
    answered = invite(has_credentials("acme", "secret"))
    async with sipp(ASKED, reply(401, CHALLENGE), ack(), answered, *ANSWERS) as callee:
        await call(dialer, **recipe("A trunk that asks for a password", callee))


@pytest.mark.sipp
async def test_several_trunks(dialer: Dialer, sipp: SippFactory) -> None:
    refuses = (ASKED, reply(503), ack())
    async with (
        sipp(*refuses) as first,
        sipp(*refuses) as second,
        sipp(ASKED, *ANSWERS) as spare,
    ):
        view = await call(
            dialer, **recipe("Several trunks with fail-over", first, second, spare)
        )

    tried = [attempt["proxy"] for attempt in view["attempts"]]
    assert {*tried[:2]} == {"first", "second"}
    assert tried[2:] == ["spare"]


@pytest.mark.sipp
async def test_the_caller_id_of_a_trunk(dialer: Dialer, sipp: SippFactory) -> None:
    asked = invite(
        has_header("From", r"<sip:\+49307654321@"),
        has_header("P-Asserted-Identity", r"<sip:\+49307654321@acme.example>"),
    )
    async with sipp(asked, *ANSWERS) as callee:
        await call(dialer, **recipe("Caller ID", callee))


@pytest.mark.sipp
async def test_tls_and_srtp(
    dialer: Dialer, sipp: SippFactory, certificate: tuple[Path, Path]
) -> None:
    asked = invite(has_text(r"^INVITE sip:\+49301234567@"), has_text("RTP/SAVP"))
    async with tls_terminator(certificate) as front:
        carrier = f"sip:127.0.0.1:{front.port};transport=tls"
        contact = f"Contact: <{carrier}>"
        plain = encrypted_answer(3, SRTP_KEY).replace(CONTACT, contact)
        async with sipp(asked, plain, ack(), bye(), transport="t1") as callee:
            front.plain_port = callee.port
            tables = recipe("TLS and SRTP", callee)
            tables["proxy"][0]["address"] = carrier
            async with dialer.changed(**tables):
                _, body = await dialer.call(NUMBER)
                await dialer.hang_up(body)
                view = await dialer.ended(body)

    assert view["proxy"] == "secure"
    assert body["headers"]["Via"].startswith("SIP/2.0/TLS ")
