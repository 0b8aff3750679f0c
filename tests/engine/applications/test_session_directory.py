"""Which session is found by which id, and by whom."""

from unittest.mock import AsyncMock, Mock

import pytest

from ccxml.events import Event
from engine.applications import SessionAddress, SessionDirectory

EVENT = Event("hello")


def session(identity: str, account: str = "acme") -> Mock:
    address = SessionAddress.create("here", identity)
    made = Mock(id=identity, address=address)
    made.launch.application.account = account
    return made


@pytest.fixture
def directory() -> SessionDirectory:
    return SessionDirectory("here")


def test_a_session_is_found_by_both_of_its_ids(directory: SessionDirectory) -> None:
    ours = session("a")
    directory.add(ours)

    assert directory.find("a") is directory.find(str(ours.address)) is ours
    assert directory.find_by_full_id("a") is None
    directory.remove(ours)
    assert directory.find("a") is None


def test_the_secret_has_to_be_right(directory: SessionDirectory) -> None:
    directory.add(session("a"))

    assert directory.find(str(SessionAddress.create("here", "a"))) is None


def test_sessions_of_other_accounts_are_not_there(directory: SessionDirectory) -> None:
    ours, friend, stranger = session("a"), session("b"), session("c", "small")
    for added in (ours, friend, stranger):
        directory.add(added)

    assert directory.find_of_same_account(ours, "b") is friend
    assert directory.find_of_same_account(ours, "c") is None


async def test_other_nodes_are_reached_where_there_are_some(
    directory: SessionDirectory,
) -> None:
    far, near = "there.b.0", "here.b.0"
    assert not directory.is_elsewhere(far)
    directory.inject_elsewhere = AsyncMock()

    assert [directory.is_elsewhere(name) for name in (far, near, "b")] == [
        *(True, False, False)
    ]
    await directory.send_elsewhere(session("a"), far, EVENT)
    directory.inject_elsewhere.assert_awaited_once_with(far, EVENT, "acme")
