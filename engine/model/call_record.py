"""CallRecord: what is kept of each attempt to call, refused ones included.

One row of the database, one line of JSON.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from .call_progress import CallProgressResult
from .stream_record import StreamRecord

RUNNING = "running"
"""The state that is shown for a started application, which has no leg of its own."""
NODE_LOST = "node_lost"
"""The termination reason of a call whose node died before its end was recorded."""


class Attempt(msgspec.Struct, rename="camel", omit_defaults=True):
    """One INVITE of a call: through which proxy, to which URI, and how it ended.

    Status, reason and origin are those of its 2xx as soon as that has come.
    """

    call_id: str
    address: str  # Request-URI
    proxy: str | None = None
    status: int | None = None
    reason: str | None = None
    origin: str | None = None
    invite: float | None = None  # seconds since 1970, as in Record
    ended: float | None = None
    setup: float | None = None  # milliseconds from its INVITE to the first 101 to 199
    answer: float | None = None  # milliseconds from its INVITE to its 2xx
    detail: str | None = None  # why the call has left it, in one sentence


class HowEnded(StrEnum):
    """How an application has ended."""

    EXIT = "exit"  # by itself, without an error
    ERROR = "error"  # in an error of its document, by a limit, or by a defect of ours
    KILLED = "killed"  # its client, an operator or the end of the process wanted that


@dataclass(frozen=True, slots=True)
class ApplicationEnd:
    """How an application has ended, and why, in one sentence, if not by itself."""

    how: HowEnded
    reason: str | None = None


class CallRecord(msgspec.Struct):
    """One attempt to call, or one refused request. Times are seconds since 1970.

    ``result`` is None while the call lives. If its node dies, the record is closed with
    the termination reason ``node_lost``.
    """

    id: str  # unique over all nodes
    received: float
    node: str
    application_uuid: str | None = None
    account: str | None = None
    application: str | None = None
    action: str | None = None
    direction: str = "outbound"
    launched_type: str = "OUTBOUND_API"
    to: str | None = None
    from_uri: str | None = None
    ani: str | None = None  # user part of the caller
    dnis: str | None = None  # user part of the callee
    # Of the call; a client that stopped waiting got another one.
    result: str | None = None
    wait_ran_out: bool = False
    # What the client was told; None: nothing yet, it had gone, or there is no client.
    client_result: str | None = None
    detail: str | None = None
    disposition: str | None = None  # a Disposition; None as long as it is not known
    refused_by: str | None = None  # the limit or rule, as ``account:acme``
    hangup_by: str | None = None  # a HangUpBy
    end_requester: str | None = None  # an EndRequester; None: nobody on our side
    sip_status: int | None = None
    sip_reason: str | None = None
    sip_origin: str | None = None
    q850_cause: int | None = None
    hangup_text: str | None = None  # what was told with that cause
    headers: dict[str, str] | None = None  # of the final response to the INVITE
    call_id: str | None = None  # SIP Call-ID
    proxy: str | None = None
    attempts: list[Attempt] | None = None
    termination_reason: str | None = None
    application_end: str | None = None  # a HowEnded, of what ran on the call
    application_error: str | None = None  # one sentence, unless it ended by itself
    answered_after_cancel: bool = False
    forced: bool = False
    admitted: float | None = None
    invite: float | None = None
    trying: float | None = None
    ringing: float | None = None
    answered: float | None = None
    ack: float | None = None
    cancel: float | None = None
    bye: float | None = None
    ended: float | None = None
    # None unless the request asked for it.
    call_progress: CallProgressResult | None = None
    stream: StreamRecord | None = None  # of a call that was joined to a WebSocket
    # Ids of its recordings, both sides of the call; of an ended call.
    recordings: list[str] | None = None
    campaign: str | None = None  # that has placed it
    contact: str | None = None  # its key, as the client of the campaign knows it
    # What the call itself has found of the attempt, an AttemptOutcome; None: nothing.
    campaign_outcome: str | None = None
    # Of an ended call, as ``read_ladder`` reads it; not in lists.
    ladder: str | None = None

    def enter_application_end(self, end: ApplicationEnd) -> None:
        """Enter how the application of the call has ended."""
        self.application_end, self.application_error = end.how.value, end.reason

    def columns(self) -> dict[str, Any]:
        """Return the record as a row of builtin values, by column name."""
        return {
            name: msgspec.to_builtins(value) if name in _NESTED else value
            for name, value in msgspec.structs.asdict(self).items()
        }


_NESTED = frozenset(("attempts", "call_progress", "stream"))


class RecordSource(Protocol):
    """Something with a record that changes; it is asked for the record when that is written."""

    @property
    def id(self) -> str:
        """The id of its record."""

    @property
    def application_uuid(self) -> str:
        """The application UUID of its record."""

    def record(self) -> CallRecord:
        """Return the record as of now."""
