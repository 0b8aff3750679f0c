"""What is said of campaigns: their state, their contacts, and each attempt on one. Pure.

Times are seconds since 1970. The structs are rows of the database, fields as columns.
"""

from enum import StrEnum

import msgspec

from .call_record import CallRecord


class CampaignState(StrEnum):
    """Where a campaign stands."""

    DRAFT = "draft"  # provisioned, and nothing was imported yet
    READY = "ready"  # it has contacts, and was never started
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"  # every contact is done; more contacts make it run on
    CANCELLED = "cancelled"  # for good


class ContactState(StrEnum):
    """Where a contact stands."""

    WAITING = "waiting"  # for the time that it is due
    CALLING = "calling"  # it has an attempt without an end
    DONE = "done"  # it will not be called any more


class ContactEnd(StrEnum):
    """Why a contact will not be called any more."""

    REACHED = "reached"  # a person has answered
    EXHAUSTED = (
        "exhausted"  # its attempts are used up, or its last outcome allows no other
    )
    SUPPRESSED = "suppressed"  # all its numbers stand on a suppression list
    OPTED_OUT = "opted_out"  # it wants no more calls
    EXPIRED = "expired"  # its time has passed
    NO_WINDOW = "no_window"  # nobody knows when it may be called, or it never may
    INVALID = "invalid"  # none of its numbers exists
    UNKNOWN = "unknown"  # nobody knows what became of an attempt on it
    CANCELLED = "cancelled"  # its campaign was


class AttemptOutcome(StrEnum):
    """What has become of an attempt on a contact."""

    PERSON = "person"  # answered, and not by a machine as far as is known
    OPT_OUT = "opt_out"  # answered, by a person who wants no more calls
    ABANDONED = "abandoned"  # answered by a person for whom there was no agent in time
    MACHINE = "machine"
    VOICEMAIL_LEFT = "voicemail_left"
    FAX = "fax"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    INVALID = "invalid"  # nobody has this number
    CONGESTION = "congestion"  # the way there failed: it was no attempt on the person
    CANCELLED = "cancelled"  # our side has ended it before it was answered
    NOT_PLACED = "not_placed"  # no INVITE was sent
    UNKNOWN = "unknown"  # the process died, or the record is lost


class NewContact(msgspec.Struct):
    """Somebody to be called, as a client gives it. Fields as in ``ContactEntry``."""

    key: str
    numbers: tuple[str, ...]
    zone: str | None = None
    region: str | None = None
    priority: int = 0
    not_before: float | None = None
    not_after: float | None = None
    parameters: str | None = None


class ContactEntry(msgspec.Struct):
    """Somebody to be called in a campaign."""

    id: int
    campaign: str
    key: str  # the client's id for it
    numbers: tuple[
        str, ...
    ]  # E.164 with its plus, in the order in which they are tried
    state: ContactState
    due: float  # while it waits: not before
    zone: str | None = None  # IANA name, as Europe/Berlin
    region: str | None = None  # ISO 3166 of its country
    priority: int = 0  # 0 to 9; the highest is called first
    not_before: float | None = None
    not_after: float | None = None
    parameters: str | None = None  # JSON, what the application gets as appData
    number: int = 0  # index of the number that is called next
    n: int = 0  # of its last attempt, of whatever outcome
    attempts: int = 0  # that counted
    failures: int = 0  # attempts that did not reach the telephone
    repeats: int = 0  # of the last outcome, in a row
    last_outcome: AttemptOutcome | None = None
    end: ContactEnd | None = None
    caller_id: str | None = (
        None  # that of its first attempt, for those that stick to it
    )
    invalid: int = 0  # bits of its numbers, by index: those that nobody has


class AttemptEntry(msgspec.Struct):
    """An attempt on a contact; committed before anything is sent."""

    contact: int
    n: int  # 1 is the first
    campaign: str
    key: str  # the contact's
    number: str
    call: str  # application UUID of its call
    reserved: float
    node: str
    not_after: float | None = None  # no INVITE is sent later
    caller_id: str | None = None
    outcome: AttemptOutcome | None = None  # None: it has no end yet
    sip_status: int | None = None
    answered: float | None = None
    greeting_end: float | None = None
    agent_at: float | None = None
    agent: str | None = None
    ended: float | None = None


class CampaignRun(msgspec.Struct):
    """How a campaign runs, and which process sets its pace."""

    campaign: str
    state: CampaignState
    changed: float
    reason: str | None = None  # why it is paused or cancelled
    started: float | None = None
    holder: str | None = None  # the process that reserves its attempts
    expires: float = 0.0  # until then, unless it says more
    revision: int = 0  # counts changes of state


class Suppression(msgspec.Struct):
    """A number that must not be called."""

    list: str
    number: str  # E.164 with its plus
    added: float
    until: float | None = None  # None: for ever
    source: str = ""
    proof: str = ""


class CallerIdUse(msgspec.Struct):
    """What a caller id was used for on a day, by all campaigns and pools that have it."""

    pool: str  # from which it was used last
    number: str
    day: int  # days since 1970, UTC
    used: int = 0
    answered: int = 0
    last_used: float = 0.0
    resting_until: float | None = None


class CampaignCall(msgspec.Struct, frozen=True):
    """Which campaign places a call, to which of its contacts, and until when it may."""

    campaign: str
    contact: str  # its key
    not_after: float | None = None
    """No INVITE is sent later, in seconds since 1970."""
    opt_out_digit: str | None = None
    """The key by which whoever is called wants no more calls."""
    agent_wait_ms: int = 2000
    """Milliseconds for which somebody may wait for an agent."""
    counts_from_greeting: bool = True
    """Whether they count from the end of the greeting, and not from the answer."""


class NumberFacts(msgspec.Struct, frozen=True):
    """What is known of a number of a contact when an attempt on it is decided on."""

    number: str
    suppressed_by: str | None = None
    """The list of the campaign that has it; None: it may be called."""
    suppressed_until: float | None = None
    """Until when it stands there; None: for ever."""
    calls: tuple[float, ...] = ()
    """When it was called in the last seven days, over all campaigns, oldest first."""


class DueContact(msgspec.Struct, frozen=True):
    """A contact that is due, and what is known of its numbers, in their order."""

    contact: ContactEntry
    numbers: tuple[NumberFacts, ...]


class Reservation(msgspec.Struct, frozen=True):
    """What was decided on a candidate: the contact as it is from now on.

    With *attempt*, which is committed with it, it is called; without, it waits for another
    time, or is done.
    """

    contact: ContactEntry
    attempt: AttemptEntry | None = None


class Decision(msgspec.Struct, frozen=True):
    """What was decided on candidates. It is committed as a whole, or not at all.

    A candidate without a reservation stays as it is. *caller_ids* are the uses that have
    changed, as they are from now on.
    """

    reservations: tuple[Reservation, ...]
    caller_ids: tuple[CallerIdUse, ...] = ()


class OpenAttempt(msgspec.Struct, frozen=True):
    """An attempt without an end, its contact, and the record of its call, if there is one."""

    attempt: AttemptEntry
    contact: ContactEntry
    record: CallRecord | None = None


class Settlement(msgspec.Struct, frozen=True):
    """The end of an attempt: the attempt and its contact as they are from now on.

    *suppressions* are committed with them.
    """

    attempt: AttemptEntry
    contact: ContactEntry
    suppressions: tuple[Suppression, ...] = ()


class AgentState(StrEnum):
    """What an agent does."""

    FREE = "free"  # takes a call
    BUSY = "busy"  # has one
    WRAP = "wrap"  # writes up the last one
    AWAY = "away"


class AgentEntry(msgspec.Struct):
    """Somebody who takes the calls of a campaign that are answered."""

    campaign: str
    id: str
    state: AgentState
    since: float  # when it came into that state
    expires: float  # until then, unless it says more
    endpoint: str | None = None  # SIP URI at which it is called
    call: str | None = None  # application UUID of the call that it was reserved for
