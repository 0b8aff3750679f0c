"""What a VoiceXML dialog and its caller hear of each other, and when the session learns of
the end. Pure.
"""

from enum import StrEnum


class Conversation(StrEnum):
    """What the two hear of each other."""

    HEARD = "heard"  # the caller hears the dialog; digits and voice come to the dialog
    MUTED = "muted"  # the caller hears something else; digits and voice still come
    # Neither hears the other: the document hangs up, or the call has ended. The session
    # may still submit its last values.
    APART = "apart"
    # The same, and the session must learn what became of its transfer before it learns
    # of the end: a far end that was transferred away hangs up on us.
    APART_IN_TRANSFER = "apart_in_transfer"
    CLOSED = "closed"  # final: the session is over


CONNECTED = frozenset({Conversation.HEARD, Conversation.MUTED})


class ConversationEvent(StrEnum):
    """What may change what the two hear of each other."""

    MUTE = "mute"  # the caller hears something else from now on
    DISCONNECT = "disconnect"  # the document hangs up
    END = "end"  # the call has ended, or the application asks for the end of the dialog
    END_IN_TRANSFER = "end_in_transfer"  # the same, while the caller is handed over
    TRANSFER_OVER = "transfer_over"  # it is known what became of the transfer
    RETURNED = "returned"  # the same, and the caller comes back to the dialog
    CLOSE = "close"


class ConversationAction(StrEnum):
    """What the runner has to do."""

    START_SPEAKING = "start_speaking"  # let the caller hear the dialog again
    REPORT_HANG_UP = "report_hang_up"  # to the session, which takes it once


Transition = tuple[Conversation, ConversationAction | None]


def transition(state: Conversation, event: ConversationEvent) -> Transition:
    """Return the next state, and what the runner has to do or None. Pure.

    Late and repeated events are normal and leave the state as it is.
    """
    match state, event:
        case Conversation.CLOSED, _:
            return state, None
        case _, ConversationEvent.CLOSE:
            return Conversation.CLOSED, None
        case _, ConversationEvent.END:
            return Conversation.APART, ConversationAction.REPORT_HANG_UP
        case _, ConversationEvent.END_IN_TRANSFER:
            return Conversation.APART_IN_TRANSFER, None
        case Conversation.APART_IN_TRANSFER, (
            ConversationEvent.TRANSFER_OVER | ConversationEvent.RETURNED
        ):
            return Conversation.APART, ConversationAction.REPORT_HANG_UP
        case Conversation.APART | Conversation.APART_IN_TRANSFER, _:
            return state, None
        case _, ConversationEvent.MUTE:
            return Conversation.MUTED, None
        case _, ConversationEvent.DISCONNECT:
            return Conversation.APART, None
        case _, ConversationEvent.RETURNED:
            return Conversation.HEARD, ConversationAction.START_SPEAKING
        case _:
            return state, None  # TRANSFER_OVER: whoever has the caller now may hang up
