"""The calls resource of Twilio's REST API, as published clients use it."""

from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from engine.http.twilio import read_basic, read_status, status_of
from engine.model.twilio import account_sid, call_sid
from tests.conftest import Dialer, SippFactory, View
from tests.platform import KEY
from tests.sipp.scenario import ack, answer, bye, invite

TOKEN = "0123456789abcdef"
SID = account_sid("acme")
NO_CALL = "CA" + "0" * 32


async def ask(
    dialer: Dialer,
    call: str = NO_CALL,
    *,
    account: str = SID,
    password: str = TOKEN,
    form: dict[str, str] | None = None,
) -> tuple[int, View]:
    """Show the call, or change it by *form*; status and answer."""
    url = f"{dialer.process.url}/2010-04-01/Accounts/{account}/Calls/{call}.json"
    method = "GET" if form is None else "POST"
    coded = b64encode(f"{account}:{password}".encode()).decode()
    headers = {"Authorization": f"Basic {coded}"}
    async with dialer.http.request(method, url, data=form, headers=headers) as response:
        return response.status, await response.json()


@pytest.fixture(autouse=True)
async def token(dialer: Dialer) -> AsyncIterator[None]:
    """The account has an auth token."""
    async with dialer.changed(account=[{"id": "acme", "auth_token": TOKEN}]):
        yield


@asynccontextmanager
async def called(dialer: Dialer, sipp: SippFactory) -> AsyncIterator[tuple[str, View]]:
    """An answered call; its CallSid, and the answer of the API."""
    async with sipp(invite(), answer(), ack(), bye()) as callee:
        _, view = await dialer.call(callee.uri)
        yield call_sid(view["applicationUUID"]), view


@pytest.mark.sipp
@pytest.mark.parametrize("password", [TOKEN, KEY])
async def test_a_call_is_hung_up_by_its_sid(
    dialer: Dialer, sipp: SippFactory, password: str
) -> None:
    async with called(dialer, sipp) as (sid, view):
        status, shown = await ask(dialer, sid, password=password)
        assert (status, shown["status"], shown["sid"]) == (200, "in-progress", sid)
        assert shown["account_sid"] == SID
        form = {"Status": "completed"}
        status, _ = await ask(dialer, sid, password=password, form=form)
        assert status == 200
        record = await dialer.ended(view)
        _, shown = await ask(dialer, sid)

    assert record["hangupBy"] == "caller"
    assert record["endRequestedBy"] == "client"
    assert shown["status"] == "completed"


@pytest.mark.sipp
async def test_only_the_end_of_a_call_can_be_asked_for(
    dialer: Dialer, sipp: SippFactory
) -> None:
    async with called(dialer, sipp) as (sid, view):
        status, error = await ask(dialer, sid, form={"Twiml": "<Response/>"})
        assert (status, error["code"]) == (400, 20001)
        await dialer.hang_up(view)
        await dialer.ended(view)


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        ({}, 404, 20404),
        ({"call": "f3f155cd"}, 404, 20404),
        ({"password": "wrong-password"}, 401, 20003),
        ({"password": "ä"}, 401, 20003),
        ({"account": account_sid("small")}, 401, 20003),
    ],
)
async def test_errors_have_the_form_of_twilios(
    dialer: Dialer, request_: dict[str, Any], status: int, code: int
) -> None:
    answered, error = await ask(dialer, **request_)

    assert (answered, error["status"], error["code"]) == (status, status, code)
    assert error["message"]


async def test_without_a_user_there_is_a_challenge(dialer: Dialer) -> None:
    url = f"{dialer.process.url}/2010-04-01/Accounts/{SID}/Calls/{NO_CALL}.json"
    async with dialer.http.get(url) as response:
        assert response.status == 401
        assert response.headers["WWW-Authenticate"] == 'Basic realm="outring"'


@pytest.mark.parametrize(
    ("view", "status"),
    [
        ({"state": "dialing"}, "queued"),
        ({"state": "ringing"}, "ringing"),
        ({"state": "connected"}, "in-progress"),
        ({"state": "ended", "disposition": "answered"}, "completed"),
        ({"state": "ended", "disposition": "busy"}, "busy"),
        ({"state": "ended", "disposition": "no_answer"}, "no-answer"),
        ({"state": "ended", "disposition": "cancelled"}, "canceled"),
        ({"state": "ended", "disposition": "unreachable"}, "failed"),
        ({"state": "ended"}, "failed"),
    ],
)
def test_a_status_is_one_of_twilios(view: View, status: str) -> None:
    assert status_of(view) == status


@pytest.mark.parametrize(
    ("header", "known"),
    [
        ("Basic dTpwOnE=", ("u", "p:q")),
        ("basic dTo=", ("u", "")),
        ("Basic !", ("", "")),
        ("Basic /w==", ("", "")),
        ("Bearer dTpw", ("", "")),
        ("", ("", "")),
    ],
)
def test_user_and_password_are_read(header: str, known: tuple[str, str]) -> None:
    assert read_basic(header) == known


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"Status=completed", "completed"),
        (b"a=b&Status=cancel%65d", "canceled"),
        (b"", None),
        (b"Status=%FF", None),
        (b"Status=\xff", None),
        (b'{"Status": "completed"}', None),
    ],
)
def test_status_is_read_of_a_form(body: bytes, status: str | None) -> None:
    assert read_status(body) == status


async def test_a_form_that_cannot_be_read_is_refused(dialer: Dialer) -> None:
    url = f"{dialer.process.url}/2010-04-01/Accounts/{SID}/Calls/{NO_CALL}.json"
    coded = b64encode(f"{SID}:{TOKEN}".encode()).decode()
    headers = {"Authorization": f"Basic {coded}", "Content-Type": "multipart/form-data"}
    async with dialer.http.post(url, data=b"--", headers=headers) as response:
        assert response.status == 400
        assert (await response.json())["code"] == 20001
