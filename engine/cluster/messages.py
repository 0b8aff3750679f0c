"""The messages that processes send each other: one type a kind, decoded and checked once.

Two versions run side by side while a platform is upgraded: a field that is added has a
default, and a field that is not known is left out (docs/upgrade.md).
"""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ccxml.events import Event
from engine.admission.instant import Instant
from engine.admission.outbound_order import OutboundOrder
from engine.dialer.lookup import View
from engine.model.call_order import CallOrder, OrderTaken
from engine.model.call_progress import ProgressOutcome
from engine.model.call_record import Attempt
from engine.model.campaign import CampaignCall
from engine.model.disposition import Conclusion
from engine.model.outbound_request import Fields, request_of
from engine.model.recording import CallRecordingStatus, RecordingOrder
from engine.model.result import OutboundOutcome, RefusedError, Result, SipOutcome
from engine.platform.snapshot import PlatformSnapshot
from engine.platform.stream_choice import with_stream
from engine.store import Place

_RESULTS = {result.text: result for result in Result}


# -- questions -------------------------------------------------------------------


class OrderMessage(Struct, frozen=True, tag="order"):
    """An order for a node, which owns *lease* once it has claimed it."""

    application_uuid: str
    application: str
    fields: Fields
    as_text: bool
    place: Place | None
    received: float
    """Seconds since 1970."""
    lease: str
    names: Sequence[str]
    """The capacities that the lease holds."""
    wait_s: float
    """What is left of the client's wait."""
    latest_us: int
    """Until when the order may be claimed, in microseconds of Redis's clock."""
    is_async: bool = False
    """Whether the node answers as soon as the order is admitted. Not taken from the fields:
    a front end that knows no such answer could not read it."""
    traceparent: str | None = None
    """The trace of the client, if it has one."""
    campaign: CampaignCall | None = None
    """The campaign that places the call, if it is one."""

    @classmethod
    def of(
        cls,
        order: OutboundOrder,
        *,
        lease: str,
        names: Sequence[str],
        wait_s: float,
        latest_us: int,
    ) -> "OrderMessage":
        """Return *order* as a message to a node that gets the slots of *lease* with it.

        The other arguments are fields of the message.
        """
        return cls(
            application_uuid=order.application_uuid,
            application=order.application.id,
            fields=order.fields,
            as_text=order.as_text,
            place=order.place,
            received=order.received.epoch,
            lease=lease,
            names=names,
            wait_s=wait_s,
            latest_us=latest_us,
            is_async=order.request.is_async,
            traceparent=order.request.traceparent,
            campaign=order.request.campaign,
        )

    def to_order(self, platform: PlatformSnapshot) -> OutboundOrder:
        """Return the order; raises RefusedError if *platform* has no such application any more."""
        request = request_of(self.fields, as_text=self.as_text, wait_s=self.wait_s)
        application = platform.application_by_id(self.application)
        request = with_stream(request, application)
        return OutboundOrder(
            application_uuid=self.application_uuid,
            request=replace(
                request,
                is_async=self.is_async,
                traceparent=self.traceparent,
                campaign=self.campaign,
            ),
            application=application,
            platform=platform,
            received=Instant.of_epoch(self.received),
            fields=self.fields,
            as_text=self.as_text,
            place=self.place,
            lease=self.lease,
        )


class ClientGone(Struct, frozen=True, tag="gone"):
    """Says that the client of the order with this lease has disconnected; has no answer."""

    lease: str


class FindLive(Struct, frozen=True, tag="live"):
    """Asks a process for its live calls (``CallDirectory.live``).

    The answer is ``LiveCallsFound``.
    """

    application: str | None
    idempotency_key: str | None


class ShowCall(Struct, frozen=True, tag="show"):
    """Asks what a process knows of a call (``CallDirectory.show``).

    The answer is ``KnownCall``.
    """

    identity: str
    application: str | None


class EndCall(Struct, frozen=True, tag="end"):
    """Has a process end a call that it carries (``CallDirectory.end``).

    The answer is ``KnownCall``.
    """

    identity: str
    application: str | None


class OrderRecording(Struct, frozen=True, tag="recording"):
    """Has a process record a call that it carries (``CallDirectory.order_recording``).

    The answer is ``RecordingOrdered``.
    """

    identity: str
    application: str | None
    order: RecordingOrder


class OrderCall(Struct, frozen=True, tag="steer"):
    """Has a process carry out an order on a call that it carries (``CallDirectory.order``).

    The answer is ``CallOrdered``.
    """

    identity: str
    application: str | None
    order: CallOrder


class ShowTrace(Struct, frozen=True, tag="trace"):
    """Asks for the traces of a request's sessions (``CallDirectory.trace``).

    The answer is ``TraceText``.
    """

    identity: str
    application: str | None


class InjectEvent(Struct, frozen=True, tag="inject"):
    """Gives an event to a session from outside (``CallDirectory.inject``).

    The answer is ``EventInjected``.
    """

    full_id: str
    account: str | None
    name: str
    fields: str
    """As JSON: MessagePack has no integers of more than 64 bits."""
    source: str
    source_type: str
    id: str

    @classmethod
    def of(cls, full_id: str, event: Event, account: str | None) -> "InjectEvent":
        """Return the question that gives *event* to the session *full_id*."""
        return cls(
            full_id=full_id,
            account=account,
            name=event.name,
            fields=json.dumps(event.fields),
            source=event.source,
            source_type=event.source_type,
            id=event.id,
        )

    def to_event(self) -> Event:
        """Return the event."""
        return Event(
            self.name,
            json.loads(self.fields),
            source=self.source,
            source_type=self.source_type,
            id=self.id,
            is_sent=True,
        )


class HangUpAll(Struct, frozen=True, tag="hangup"):
    """Has a process end its calls and sessions (``CallExecutor.hang_up_all``).

    The answer is ``AllHungUp``.
    """

    account: str | None
    application: str | None
    reason: str


class DrainProcess(Struct, frozen=True, tag="drain"):
    """Has a process drain and end (``CallExecutor.drain``).

    The answer is ``Draining``.
    """


Question = (
    OrderMessage
    | ClientGone
    | FindLive
    | ShowCall
    | EndCall
    | OrderRecording
    | OrderCall
    | ShowTrace
    | InjectEvent
    | HangUpAll
    | DrainProcess
)


# -- answers ---------------------------------------------------------------------


class OutcomeMessage(Struct, frozen=True, tag="outcome"):
    """The outcome of an order; *result* is the text of a ``Result``."""

    result: str
    application_uuid: str | None
    headers: dict[str, str] | None
    sip: SipOutcome | None
    timings_ms: Mapping[str, float] | None
    attempts: tuple[Attempt, ...]
    conclusion: Conclusion | None
    call_progress: ProgressOutcome | None
    detail: str | None

    def __post_init__(self) -> None:
        _check_result(self.result)

    @classmethod
    def of(cls, outcome: OutboundOutcome) -> "OutcomeMessage":
        """Return *outcome* as a message."""
        return cls(
            result=outcome.result.text,
            application_uuid=outcome.application_uuid,
            headers=outcome.headers,
            sip=outcome.sip,
            timings_ms=outcome.timings_ms,
            attempts=outcome.attempts,
            conclusion=outcome.conclusion,
            call_progress=outcome.call_progress,
            detail=outcome.detail,
        )

    def to_outcome(self) -> OutboundOutcome:
        """Return the outcome."""
        return OutboundOutcome(
            result=_RESULTS[self.result],
            application_uuid=self.application_uuid,
            headers=self.headers,
            sip=self.sip,
            timings_ms=self.timings_ms,
            attempts=self.attempts,
            conclusion=self.conclusion,
            call_progress=self.call_progress,
            detail=self.detail,
        )


class Refusal(Struct, frozen=True, tag="refusal"):
    """Any question may be answered by a refusal; *result* is the text of a ``Result``."""

    result: str
    detail: str
    status: HTTPStatus
    retry_after_s: float | None
    conclusion: Conclusion

    def __post_init__(self) -> None:
        _check_result(self.result)

    @classmethod
    def of(cls, refused: RefusedError) -> "Refusal":
        """Return *refused* as a message."""
        return cls(
            refused.result.text,
            refused.detail,
            refused.http_status,
            refused.retry_after_s,
            refused.conclusion,
        )

    def to_error(self) -> RefusedError:
        """Return the refusal to be raised again."""
        return RefusedError(
            _RESULTS[self.result],
            self.detail,
            self.status,
            self.retry_after_s,
            conclusion=self.conclusion,
        )


class LiveCallsFound(Struct, frozen=True, tag="calls"):
    """The views of the live calls of one process."""

    calls: Sequence[View]


class KnownCall(Struct, frozen=True, tag="known"):
    """What one process knows of a call; *view* is None if it knows nothing."""

    view: View | None
    is_live: bool = False


class RecordingOrdered(Struct, frozen=True, tag="recording"):
    """How the recording of a call stands, or why it was refused; neither: the process does
    not carry the call.
    """

    status: CallRecordingStatus | None = None
    refusal: Refusal | None = None


class CallOrdered(Struct, frozen=True, tag="steer"):
    """That an order was taken, or why it was refused; neither: the process does not carry
    the call.
    """

    status: OrderTaken | None = None
    refusal: Refusal | None = None


class TraceText(Struct, frozen=True, tag="trace"):
    """A ``TracesView`` as JSON: its values come from documents and may be of any type."""

    text: str


class EventInjected(Struct, frozen=True, tag="injected"):
    """The session has taken the event of an ``InjectEvent``."""


class AllHungUp(Struct, frozen=True, tag="ended"):
    """What one process has ended for a ``HangUpAll``."""

    calls: int
    sessions: int
    waiting: int


class Draining(Struct, frozen=True, tag="draining"):
    """The process takes no new calls any more, and ends after the last one."""


Answer = (
    OutcomeMessage
    | Refusal
    | LiveCallsFound
    | KnownCall
    | RecordingOrdered
    | CallOrdered
    | TraceText
    | EventInjected
    | AllHungUp
    | Draining
)


def _check_result(text: str) -> None:
    if text not in _RESULTS:
        raise ValueError(f"There is no result {text!r}")


# -- both ------------------------------------------------------------------------


class QuestionMessage(Struct, frozen=True, tag="question"):
    """A question; its answer goes to *sender*, if one is awaited."""

    question: Question
    sender: str | None = None
    number: int = 0


class AnswerMessage(Struct, frozen=True, tag="answer"):
    """The answer to the question *number* of the process that gets it."""

    number: int
    answer: Answer


Message = QuestionMessage | AnswerMessage

encode_message = msgspec.msgpack.Encoder().encode
"""Write a ``Message``."""
decode_message = msgspec.msgpack.Decoder(Message).decode
"""Read a ``Message``; raises msgspec.MsgspecError for anything else."""
