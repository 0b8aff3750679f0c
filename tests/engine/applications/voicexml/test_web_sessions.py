"""A call through the pages of a web site that knows its clients by their cookies."""

import pytest

from tests.conftest import SippFactory
from tests.engine.applications.conftest import Stage
from tests.engine.applications.voicexml.conftest import Voices
from tests.engine.applications.voicexml.login_site import (
    COOKIE,
    PIN,
    SOUND,
    LoginSite,
    login_site,
)
from tests.sipp.sound import loudness, place_of

pytestmark = pytest.mark.sipp


async def test_a_caller_logs_in_orders_and_logs_out(
    stage: Stage, sipp: SippFactory
) -> None:
    async with login_site() as site:
        call = Voices(stage, sipp).call_at(f"{site.url}/login.php")
        async with call as voiced:
            phone = voiced.phone
            await voiced.plays()
            for key in PIN:
                phone.press(key)
            await voiced.plays(2)
            begun = len(phone.packets)
            await phone.until(lambda: loudness(phone.heard(begun)) > 100)
            await phone.hears(50)
            phone.press("2")
            await voiced.logged("ordered", "error.badfetch.http.401")
            place_of(SOUND[1600:4800], phone.heard())
        assert site.orders == [{"choice": "2"}]
        assert site.refused == ["/account.php"]  # after the caller had logged out
        assert await _status_of_a_stranger(stage, site) == 401


async def _status_of_a_stranger(stage: Stage, site: LoginSite) -> int:
    """What the site answers to a cookie that it has not given."""
    headers = {"Cookie": f"{COOKIE}=s2"}
    http = stage.dialer.http
    async with http.get(f"{site.url}/account.php", headers=headers) as response:
        return response.status
