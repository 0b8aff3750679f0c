"""The README says what is true."""

import re
from pathlib import Path

from engine.api import make_app
from engine.dialer import Dialer
from engine.ledger import MemoryLedger
from engine.platform import Platform, PlatformFile
from engine.results import Result
from engine.settings import CallSettings, Settings

README = (Path(__file__).parent.parent / "README.md").read_text()


def test_table_of_results() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| (\d{3}) \|", README, re.MULTILINE)

    assert rows == [(result.text, str(int(result.http_status))) for result in Result]


def test_no_two_results_share_a_text() -> None:
    assert len({result.text for result in Result}) == len(Result)


def test_every_setting_is_described() -> None:
    described = set(re.findall(r"`(\w+)`", README))
    for section in Settings.model_fields.values():
        table = section.annotation
        assert table is not None
        names = set(table.model_fields) - {"credential"}
        assert names <= described


async def test_every_path_is_described() -> None:
    platform = Platform(PlatformFile())
    dialer = Dialer(
        platform, CallSettings(), MemoryLedger(), node_calls=1, default_domain=None
    )
    for route in make_app(dialer).router.routes():
        if route.method == "HEAD":
            continue  # what aiohttp adds to each GET
        assert route.resource is not None
        path = route.resource.canonical.replace("{uuid}", "{applicationUUID}")
        assert f"`{route.method} {path}`" in README
