"""SessionAddress: where a session runs, and how events find it from outside."""

from dataclasses import dataclass
from secrets import token_hex


@dataclass(frozen=True, slots=True)
class SessionAddress:
    """The node of a session, its id there, and a secret that stands in no other id.

    Ids of connections and messages begin with that of their session, so whoever learns
    one of them cannot send events into the session. As a text, which is the session's
    full id, it is ``<node>.<session id>.<secret>``; a node's name may have dots.
    """

    node: str
    session_id: str
    secret: str

    @classmethod
    def create(cls, node: str, session_id: str) -> "SessionAddress":
        """The address of a new session."""
        return cls(node, session_id, token_hex(8))

    @classmethod
    def parse(cls, full_id: str) -> "SessionAddress | None":
        """The address that *full_id* says; None if it is none."""
        node_and_id, _, secret = full_id.rpartition(".")
        node, _, session_id = node_and_id.rpartition(".")
        return cls(node, session_id, secret) if node else None

    def __str__(self) -> str:
        return f"{self.node}.{self.session_id}.{self.secret}"
