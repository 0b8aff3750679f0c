"""What a pause says, and whom it keeps from calling."""

import pytest

from engine.platform.pauses import Pause, Pauses, check_text

ACCOUNT = Pause("account", "acme", 0.0, "unpaid.", "alice")
APPLICATION = Pause("application", "hello", 86_400.0, "broken", "bob")
PROXY = Pause("proxy", "east", 3661.0, "maintenance", "admin API")


def test_a_pause_says_since_when_by_whom_and_why() -> None:
    assert str(ACCOUNT) == (
        "The account acme is paused since 1970-01-01 00:00:00 UTC, by alice: unpaid."
    )
    assert str(PROXY) == (
        "The proxy east drains since 1970-01-01 01:01:01 UTC, by admin API: maintenance."
    )


@pytest.mark.parametrize(
    ("pauses", "account", "application", "found"),
    [
        ((), "acme", "hello", None),
        ((ACCOUNT,), "acme", "other", ACCOUNT),
        ((APPLICATION,), "acme", "hello", APPLICATION),
        ((APPLICATION, ACCOUNT), "acme", "hello", ACCOUNT),
        ((ACCOUNT, APPLICATION, PROXY), "small", "east", None),
    ],
)
def test_a_call_is_kept_by_its_account_before_its_application(
    pauses: tuple[Pause, ...], account: str, application: str, found: Pause | None
) -> None:
    assert Pauses(pauses).find_of_call(account, application) == found


@pytest.mark.parametrize("wrong", [None, 7, "", "  ", "x" * 11, "a\nb", "\0"])
def test_a_text_of_a_pause_is_short_and_in_one_line(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"reason is a text of 1 to 10 characters"):
        check_text("reason", wrong, 10)

    assert check_text("reason", " überholt ", 10) == "überholt"
