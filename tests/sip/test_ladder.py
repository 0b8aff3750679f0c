"""What the native part has noted, read."""

import pytest

from sip.ladder import Ladder, LadderMessage, read_ladder

LEG = "call-1\t1764000000000001\n"


def test_messages_of_one_leg() -> None:
    text = (
        LEG + "0\ts\tINVITE\t7 INVITE\tudp:127.0.0.1:5060\n"
        "1500\tr\t180 Is ringing\t7 INVITE\t\n"
        "2000000\tr\tBYE\t1 BYE\ttls:[::1]:5061\n"
    )

    assert read_ladder(text).messages == [
        message(1764000000.000001, True, "INVITE", "7 INVITE", "udp:127.0.0.1:5060"),
        message(
            1764000000.001501, False, "180 Is ringing", "7 INVITE", "udp:127.0.0.1:5060"
        ),
        message(1764000002.000001, False, "BYE", "1 BYE", "tls:[::1]:5061"),
    ]


def test_legs_in_order_of_time() -> None:
    first = "a\t1000000\n0\ts\tINVITE\t1 INVITE\tx\n3000000\tr\tBYE\t2 BYE\t\n+2\n"
    second = "b\t2000000\n0\ts\tINVITE\t1 INVITE\ty\n+40\n"

    ladder = read_ladder(first + second)

    found = [(message.at, message.call_id, message.peer) for message in ladder.messages]
    assert found == [(1.0, "a", "x"), (2.0, "b", "y"), (4.0, "a", "x")]
    assert ladder.more == 42


@pytest.mark.parametrize("separator", ["\x85", "\u2028", "\x0b"])
def test_a_phrase_is_the_far_ends_own(separator: str) -> None:
    phrase = f"486 busy{separator}here"

    (found,) = read_ladder(LEG + f"5\tr\t{phrase}\t1 INVITE\tp\n").messages

    assert found.name == phrase


def test_what_was_wrong_with_a_message() -> None:
    """The peer of the line before counts on."""
    text = LEG + "5\tr\t486 Busy\t1 INVITE\tp\theader X\n6\ts\tACK\t1 ACK\t\n"

    busy, acknowledged = read_ladder(text).messages

    assert (busy.note, acknowledged.note) == ("header X", "")
    assert busy.peer == acknowledged.peer == "p"


def test_nothing() -> None:
    assert read_ladder("") == Ladder()


def message(at: float, is_sent: bool, name: str, cseq: str, peer: str) -> LadderMessage:
    """One of the leg above."""
    return LadderMessage(at, is_sent, name, cseq, peer, "call-1")
