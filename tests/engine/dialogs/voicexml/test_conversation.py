"""The truth table of what a VoiceXML dialog and its caller hear of each other."""

import pytest

from engine.dialogs.voicexml.conversation import (
    Conversation,
    ConversationEvent,
    transition,
)

EVENTS = (
    *("mute", "disconnect", "end", "end_in_transfer"),
    *("transfer_over", "returned", "close"),
)
APART, TOLD = "apart", "apart report_hang_up"
DEFERRED, BACK = "apart_in_transfer", "heard start_speaking"
TABLE = {
    # in      mute      disconnect end   end in transf. over    returned  close
    "heard": ("muted",  APART,    TOLD, DEFERRED, "heard",  BACK,     "closed"),
    "muted": ("muted",  APART,    TOLD, DEFERRED, "muted",  BACK,     "closed"),
    "apart": ("apart",  APART,    TOLD, DEFERRED, "apart",  "apart",  "closed"),
    DEFERRED: (DEFERRED, DEFERRED, TOLD, DEFERRED, TOLD,    TOLD,     "closed"),
    "closed": ("closed",) * 7,
}  # fmt: skip

CASES = [
    pytest.param(state, event, after, id=f"{state}-{event}")
    for state, row in TABLE.items()
    for event, after in zip(EVENTS, row, strict=True)
]


@pytest.mark.parametrize(("state", "event", "expected"), CASES)
def test_transition(state: str, event: str, expected: str) -> None:
    after, action = transition(Conversation(state), ConversationEvent(event))

    assert " ".join(filter(None, (after, action))) == expected


def test_table_names_every_state_and_event() -> None:
    assert set(TABLE) == set(Conversation)
    assert set(EVENTS) == set(ConversationEvent)
