"""Idempotency: a request that is sent again gets the first one's reply instead of a second call.

The key, a fingerprint of the request and the owner are in the database before anything
is dialled, so that another front end, or this one after a crash, knows of it.
"""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
import structlog

from engine.admission.outbound_order import OutboundOrder
from engine.model.call_record import CallRecord
from engine.model.disposition import (
    Conclusion,
    Disposition,
    EndRequester,
    HangUpBy,
    HangUpCause,
)
from engine.model.outbound_request import Fields
from engine.model.result import OutboundOutcome, RefusedError, Result, SipOutcome
from engine.records.record_writer import RecordWriter
from engine.store import Claim, Place, Store, StoredAnswer, StoreError
from engine.store.database_refusal import database_refusal
from sip.events import Origin

from .reply import HttpReply

MAX_KEY_LENGTH = 255
POLL_S = 0.2  # between reads of a reply that another process owes

_ACCEPTED = Result.REQUEST_ACCEPTED.text

Work = Callable[[], Awaitable[OutboundOutcome]]

log = structlog.get_logger()


class _RunningRequest:
    """A request of this process that has no answer yet."""

    __slots__ = ("fingerprint", "reply")

    def __init__(self, fingerprint: bytes) -> None:
        self.fingerprint = fingerprint
        self.reply: asyncio.Future[HttpReply] = (
            asyncio.get_running_loop().create_future()
        )


class Idempotency:
    """The requests that were made with an Idempotency-Key, remembered for a day.

    A repetition waits for the first request's reply where that is running, here or in
    another process.
    """

    def __init__(self, store: Store, recorder: RecordWriter, owner: str) -> None:
        """*owner* is the name of this process, which owes the replies of what it has claimed."""
        self._store = store
        self._recorder = recorder
        self._owner = owner
        self._running: dict[Place, _RunningRequest] = {}

    async def run_once(
        self, order: OutboundOrder, place: Place, work: Work
    ) -> HttpReply:
        """Await *work*, which carries *order* out, and return its reply, unless a request
        with the same *place* was made before: then return that one's reply, as long as
        the client waits.

        Raises RefusedError if the key was used with other fields, and whatever *work*
        raises. A refusal of *work* removes the claim, since nothing was dialled: the
        client may ask again.
        """
        uuid, fingerprint = order.application_uuid, _fingerprint(order.fields)
        deadline = asyncio.get_running_loop().time() + order.request.wait_s
        if running := self._running.get(place):
            _check_fingerprint(running.fingerprint, fingerprint)
            return await _wait_until(deadline, asyncio.shield(running.reply), uuid)
        running = self._running[place] = _RunningRequest(fingerprint)
        try:
            while stored := await self._claim(place, fingerprint, uuid):
                _check_fingerprint(stored.fingerprint, fingerprint)
                elsewhere = self._wait_for_other_process(place, stored)
                if answer := await _wait_until(deadline, elsewhere, uuid):
                    return answer
            return await self._run_first(place, uuid, running, work)
        finally:  # those that wait here must get a reply, however this ended
            del self._running[place]
            if not running.reply.done():
                running.reply.set_result(
                    HttpReply.of(OutboundOutcome(Result.INTERNAL_ERROR))
                )

    async def _claim(
        self, place: Place, fingerprint: bytes, application_uuid: str
    ) -> StoredAnswer | None:
        claim = Claim(place, fingerprint, application_uuid, self._owner, time.time())
        try:
            return await self._recorder.claim(claim)
        except StoreError as error:
            raise database_refusal(error) from error

    async def _run_first(
        self,
        place: Place,
        application_uuid: str,
        running: _RunningRequest,
        work: Work,
    ) -> HttpReply:
        try:
            answer = await work()
        except RefusedError as refused:
            running.reply.set_result(HttpReply.of(OutboundOutcome.of_refusal(refused)))
            await self._write(self._store.forget_request(place, application_uuid))
            raise
        reply = HttpReply.of(answer)
        running.reply.set_result(reply)
        finishing = self._store.finish_request(
            place, application_uuid, reply.status, reply.body
        )
        await self._write(finishing)
        return reply

    async def _write(self, writing: Awaitable[None]) -> None:
        try:
            await writing
        except StoreError as error:
            # A repetition is then answered from the call's record.
            log.warning("idempotency_not_written", reason=str(error))

    async def _wait_for_other_process(
        self, place: Place, stored: StoredAnswer | None
    ) -> HttpReply | None:
        """The reply of a request that another process has claimed; None if that was
        refused, so that the caller may claim it.
        """
        while stored is not None:
            if stored.status is not None:
                return HttpReply.replay(stored.status, stored.body)
            record = await self._find_answered_record(stored.application_uuid)
            # The owner writes its reply just after the record. Only where it has none after
            # the pause, since it died in between, is the reply made from the record.
            await asyncio.sleep(POLL_S)
            stored = await self._store.find_request(place, time.time())
            if record is not None and stored is not None and stored.status is None:
                return HttpReply.of(_answer_of(record)).as_replay()
        return None

    async def _find_answered_record(self, application_uuid: str) -> CallRecord | None:
        """The record of a call of which it is known what its client is answered, although
        it may have no reply.
        """
        records = await self._store.find_records_of(application_uuid)
        return next(
            (
                record
                for record in records
                if record.id == application_uuid
                and (record.result or record.client_result == _ACCEPTED)
            ),
            None,
        )


def place_of(key_digest: str, idempotency_key: str | None) -> Place | None:
    """The place of a request in the store: its API key's digest with its Idempotency-Key.

    None without an Idempotency-Key. Raises RefusedError for one that is too long or not
    printable.
    """
    if idempotency_key is None:
        return None
    if (
        not 1 <= len(idempotency_key) <= MAX_KEY_LENGTH
        or not idempotency_key.isprintable()
    ):
        raise RefusedError(
            Result.INVALID_REQUEST,
            f"An Idempotency-Key has 1 to {MAX_KEY_LENGTH} printable characters.",
        )
    return key_digest, idempotency_key


def _check_fingerprint(first: bytes, again: bytes) -> None:
    if first != again:
        raise RefusedError.conflict(
            "This Idempotency-Key was used with another request."
        )


Reply = TypeVar("Reply", HttpReply, HttpReply | None)


async def _wait_until(
    deadline: float, reply: Awaitable[Reply], application_uuid: str
) -> Reply | HttpReply:
    try:
        async with asyncio.timeout_at(deadline):
            answer = await reply
    except TimeoutError:
        detail = "The first request with this Idempotency-Key is still running."
        return HttpReply.of(
            OutboundOutcome(Result.REQUEST_TIMEOUT, application_uuid, detail=detail)
        )
    except StoreError as error:
        raise database_refusal(error) from error
    return None if answer is None else answer.as_replay()


def _answer_of(record: CallRecord) -> OutboundOutcome:
    """What the client of a call would have been answered at the call's end, made from
    its *record*; or before, if it did not wait.
    """
    if record.client_result == _ACCEPTED:
        return OutboundOutcome(Result.REQUEST_ACCEPTED, record.application_uuid)
    sip, is_final = None, (record.sip_status or 0) >= 200
    if record.sip_status is not None and is_final and record.sip_origin is not None:
        sip = SipOutcome(
            record.sip_status, record.sip_reason or "", Origin(record.sip_origin)
        )
    return OutboundOutcome(
        next(
            (result for result in Result if result.text == record.result),
            Result.INTERNAL_ERROR,
        ),
        record.application_uuid,
        headers=record.headers if is_final else None,
        sip=sip,
        attempts=tuple(record.attempts or ()),
        conclusion=_conclusion_of(record),
        detail=record.detail,
    )


def _conclusion_of(record: CallRecord) -> Conclusion | None:
    if record.disposition is None:
        return None
    disposition = Disposition(record.disposition)
    if disposition is Disposition.ANSWERED:  # its end was not told
        return Conclusion(disposition)
    cause = None
    if record.q850_cause is not None:
        cause = HangUpCause(record.q850_cause, record.hangup_text)
    return Conclusion(
        disposition,
        HangUpBy(record.hangup_by) if record.hangup_by else None,
        cause,
        EndRequester(record.end_requester) if record.end_requester else None,
        record.refused_by,
    )


def _fingerprint(fields: Fields) -> bytes:
    return hashlib.sha256(msgspec.json.encode(fields, order="sorted")).digest()
