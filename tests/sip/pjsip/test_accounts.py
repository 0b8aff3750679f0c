"""Accounts make room for each other, unless a call uses them."""

import pjsua2
import pytest

from sip.agent import AgentConfig, Credential, Invite, ListeningPoint
from sip.events import LegId
from sip.pjsip.accounts import Accounts
from sip.pjsip.transports import BoundTransport
from sip.uri import SipUri

BOUND = BoundTransport(0, ListeningPoint("udp", "127.0.0.1", 5060), 5060, False)


class Account:
    """An account that PJSIP may have a call of."""

    def __init__(self) -> None:
        self.is_busy = False

    def create(self, _: object) -> None:
        """PJSIP has it now."""

    def shutdown2(self, _: object) -> None:
        """PJSIP forgets it."""
        if self.is_busy:
            raise pjsua2.Error(0, "shutdown", "Busy", "", 0)


@pytest.fixture
def accounts(monkeypatch: pytest.MonkeyPatch) -> Accounts:
    """At most two."""
    monkeypatch.setattr("sip.pjsip.accounts.pj.Account", Account)
    accounts = Accounts(AgentConfig())
    accounts.limit = 2
    return accounts


def account_for(accounts: Accounts, name: str, *pending: Account) -> Account:
    """The account of a call with the credentials of *name*."""
    target = SipUri.parse("sip:a@example.com")
    invite = Invite(LegId("a"), target, credentials=(Credential("*", name, "secret"),))
    found = accounts.account_for(BOUND, "127.0.0.1", invite, pending)  # type: ignore[arg-type]
    assert isinstance(found, Account)
    return found


def test_calls_of_one_kind_share_an_account(accounts: Accounts) -> None:
    assert account_for(accounts, "a") is account_for(accounts, "a")
    assert account_for(accounts, "a") is not account_for(accounts, "b")


def test_the_least_recently_used_one_makes_room(accounts: Accounts) -> None:
    first, second = account_for(accounts, "a"), account_for(accounts, "b")
    account_for(accounts, "a")
    account_for(accounts, "c")
    assert account_for(accounts, "a") is first
    assert account_for(accounts, "b") is not second
    assert len(accounts) == 2


def test_one_with_a_call_stays(accounts: Accounts) -> None:
    first = account_for(accounts, "a")
    first.is_busy = True
    account_for(accounts, "b")
    account_for(accounts, "c")
    assert account_for(accounts, "a") is first


def test_one_of_an_invite_that_was_not_sent_stays(accounts: Accounts) -> None:
    """PJSIP knows nothing of the call yet, and would let it go."""
    first = account_for(accounts, "a")
    account_for(accounts, "b")
    account_for(accounts, "c", first)
    assert account_for(accounts, "a") is first


def test_no_room_if_all_are_in_use(accounts: Accounts) -> None:
    first, second = account_for(accounts, "a"), account_for(accounts, "b")
    second.is_busy = True
    with pytest.raises(pjsua2.Error) as refused:
        account_for(accounts, "c", first)
    assert refused.value.reason == "Too many different routes in use"
