"""The ladder of a call: all its SIP messages, parsed from the notes of native code.

``native/ladder.hpp`` keeps the messages of a leg as text, which is parsed only when
somebody asks. The texts of several legs may be concatenated.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class LadderMessage:
    """One SIP message as it crossed the wire; a retransmission is one more."""

    at: float  # seconds since 1970
    is_sent: bool  # by us
    name: str  # method of a request; status and phrase of a response
    cseq: str  # number and method
    peer: str  # udp:192.0.2.1:5060, tls:[2001:db8::1]:5061; udp where it is unknown
    call_id: str
    # What was wrong with it: header fields left out, or why it was dropped.
    note: str = ""


@dataclass(slots=True)
class Ladder:
    """The messages of one call, which may have several legs."""

    messages: list[LadderMessage] = field(default_factory=list)
    """The messages of all legs, oldest first."""
    more: int = 0
    """How many more messages there were, beyond the limit for each leg."""


def read_ladder(text: str) -> Ladder:
    """Parse ``Ended.ladder`` or the result of ``UserAgent.ladder``.

    The messages are sorted by time.
    """
    ladder = Ladder()
    call_id, began_us, peer = "", 0, ""
    # Not splitlines(): a phrase may hold other line breaks.
    for line in text.split("\n"):
        match line.split("\t"):
            case [call_id, began]:
                began_us, peer = int(began), ""
            case [after_us, way, name, cseq, other, *note]:
                peer = other or peer
                at = (began_us + int(after_us)) / 1e6
                message = LadderMessage(
                    at=at,
                    is_sent=way == "s",
                    name=name,
                    cseq=cseq,
                    peer=peer,
                    call_id=call_id,
                    note="".join(note),
                )
                ladder.messages.append(message)
            case [rest] if rest:
                ladder.more += int(rest)
    ladder.messages.sort(key=lambda message: message.at)
    return ladder
