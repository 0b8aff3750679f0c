from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.disposition import Disposition, check_disposition
from ..models.end_requester import EndRequester, check_end_requester
from ..models.hang_up_by import HangUpBy, check_hang_up_by
from ..models.record_view_state import RecordViewState, check_record_view_state
from ..models.record_view_type import RecordViewType, check_record_view_type
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.application_end_view import ApplicationEndView
    from ..models.attempt_view import AttemptView
    from ..models.cause_view import CauseView
    from ..models.findings_view import FindingsView
    from ..models.message_view import MessageView
    from ..models.record_view_headers import RecordViewHeaders
    from ..models.sip_view import SipView
    from ..models.stream_view import StreamView
    from ..models.times_view import TimesView
    from ..models.timings_view import TimingsView


T = TypeVar("T", bound="RecordView")


@_attrs_define
class RecordView:
    """What is known of one call, or of one request that was refused.

    Attributes:
        answered_after_cancel (bool): A 2xx crossed our CANCEL.
        bvr_machine (str): The same as node.
        call_index_full (str): Unique over all nodes.
        direction (str):
        forced (bool): The far end never confirmed that the call is over.
        launched_type (str):
        node (str):
        start (datetime.datetime): ISO 8601, UTC.
        start_epoch (int): Milliseconds since 1970.
        state (RecordViewState): An application that was started is running, then ended.
        times (TimesView): When each step of a call was taken.
        type_ (RecordViewType):
        wait_ran_out (bool): Whether the client was told Request timeout.
        account_id (str | Unset):
        action (str | Unset):
        ani (str | Unset): User part of the caller.
        application_end (ApplicationEndView | Unset): How the application of a call has ended.
        application_id (str | Unset):
        application_uuid (str | Unset):
        attempts (list[AttemptView] | Unset):
        call_id (str | Unset): SIP Call-ID.
        call_progress (FindingsView | Unset): What has answered a call.
        calls (list[RecordView] | Unset): Of an application that was started; oldest first.
        campaign (str | Unset): The campaign that has placed it.
        client_result (str | Unset): What the client was told, as Request timeout; absent where there is no client, or
            it had gone.
        contact (str | Unset): The key of its contact in that campaign.
        detail (str | Unset):
        disposition (Disposition | Unset): What has become of a call, or of a request that was refused.
        dnis (str | Unset): User part of the callee.
        duration (float | Unset): From the answer to the end.
        end (datetime.datetime | Unset): ISO 8601, UTC.
        end_epoch (int | Unset): Milliseconds since 1970.
        end_requested_by (EndRequester | Unset): Who, on our side, has asked for the end of a call.
        from_ (str | Unset):
        hangup_by (HangUpBy | Unset): The side that has ended a call.
        hangup_cause (CauseView | Unset): Why a call was ended.
        headers (RecordViewHeaders | Unset): Of the final response to the INVITE.
        ladder (list[MessageView] | Unset): SIP messages of all attempts, oldest first; only where one call is shown.
        ladder_more (int | Unset): Messages beyond those that are kept, 200 of a leg.
        proxy (str | Unset):
        q_850_cause (int | Unset):
        recordings (list[str] | Unset): Ids of the recordings of the call, once it has ended.
        refused_by (str | Unset): The limit or rule that refused, as account:acme, application:shop, proxy:carrier,
            licence, node:bvr-1, rule: with its pattern, or overload.
        result (str | Unset): Of the call; a client whose wait ran out was told another.
        sip (SipView | Unset): The last SIP response, or what stands for it.
        stream (StreamView | Unset): The WebSocket that a call was joined to; a frame is 20 ms of sound.
        talk_ms (float | Unset): The same as duration.
        termination_reason (str | Unset):
        timings (TimingsView | Unset): How long the steps of a call took.
        to (str | Unset):
    """

    answered_after_cancel: bool
    bvr_machine: str
    call_index_full: str
    direction: str
    forced: bool
    launched_type: str
    node: str
    start: datetime.datetime
    start_epoch: int
    state: RecordViewState
    times: TimesView
    type_: RecordViewType
    wait_ran_out: bool
    account_id: str | Unset = UNSET
    action: str | Unset = UNSET
    ani: str | Unset = UNSET
    application_end: ApplicationEndView | Unset = UNSET
    application_id: str | Unset = UNSET
    application_uuid: str | Unset = UNSET
    attempts: list[AttemptView] | Unset = UNSET
    call_id: str | Unset = UNSET
    call_progress: FindingsView | Unset = UNSET
    calls: list[RecordView] | Unset = UNSET
    campaign: str | Unset = UNSET
    client_result: str | Unset = UNSET
    contact: str | Unset = UNSET
    detail: str | Unset = UNSET
    disposition: Disposition | Unset = UNSET
    dnis: str | Unset = UNSET
    duration: float | Unset = UNSET
    end: datetime.datetime | Unset = UNSET
    end_epoch: int | Unset = UNSET
    end_requested_by: EndRequester | Unset = UNSET
    from_: str | Unset = UNSET
    hangup_by: HangUpBy | Unset = UNSET
    hangup_cause: CauseView | Unset = UNSET
    headers: RecordViewHeaders | Unset = UNSET
    ladder: list[MessageView] | Unset = UNSET
    ladder_more: int | Unset = UNSET
    proxy: str | Unset = UNSET
    q_850_cause: int | Unset = UNSET
    recordings: list[str] | Unset = UNSET
    refused_by: str | Unset = UNSET
    result: str | Unset = UNSET
    sip: SipView | Unset = UNSET
    stream: StreamView | Unset = UNSET
    talk_ms: float | Unset = UNSET
    termination_reason: str | Unset = UNSET
    timings: TimingsView | Unset = UNSET
    to: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        answered_after_cancel = self.answered_after_cancel

        bvr_machine = self.bvr_machine

        call_index_full = self.call_index_full

        direction = self.direction

        forced = self.forced

        launched_type = self.launched_type

        node = self.node

        start = self.start.isoformat()

        start_epoch = self.start_epoch

        state: str = self.state

        times = self.times.to_dict()

        type_: str = self.type_

        wait_ran_out = self.wait_ran_out

        account_id = self.account_id

        action = self.action

        ani = self.ani

        application_end: dict[str, Any] | Unset = UNSET
        if not isinstance(self.application_end, Unset):
            application_end = self.application_end.to_dict()

        application_id = self.application_id

        application_uuid = self.application_uuid

        attempts: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.attempts, Unset):
            attempts = []
            for attempts_item_data in self.attempts:
                attempts_item = attempts_item_data.to_dict()
                attempts.append(attempts_item)

        call_id = self.call_id

        call_progress: dict[str, Any] | Unset = UNSET
        if not isinstance(self.call_progress, Unset):
            call_progress = self.call_progress.to_dict()

        calls: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.calls, Unset):
            calls = []
            for calls_item_data in self.calls:
                calls_item = calls_item_data.to_dict()
                calls.append(calls_item)

        campaign = self.campaign

        client_result = self.client_result

        contact = self.contact

        detail = self.detail

        disposition: str | Unset = UNSET
        if not isinstance(self.disposition, Unset):
            disposition = self.disposition

        dnis = self.dnis

        duration = self.duration

        end: str | Unset = UNSET
        if not isinstance(self.end, Unset):
            end = self.end.isoformat()

        end_epoch = self.end_epoch

        end_requested_by: str | Unset = UNSET
        if not isinstance(self.end_requested_by, Unset):
            end_requested_by = self.end_requested_by

        from_ = self.from_

        hangup_by: str | Unset = UNSET
        if not isinstance(self.hangup_by, Unset):
            hangup_by = self.hangup_by

        hangup_cause: dict[str, Any] | Unset = UNSET
        if not isinstance(self.hangup_cause, Unset):
            hangup_cause = self.hangup_cause.to_dict()

        headers: dict[str, Any] | Unset = UNSET
        if not isinstance(self.headers, Unset):
            headers = self.headers.to_dict()

        ladder: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.ladder, Unset):
            ladder = []
            for ladder_item_data in self.ladder:
                ladder_item = ladder_item_data.to_dict()
                ladder.append(ladder_item)

        ladder_more = self.ladder_more

        proxy = self.proxy

        q_850_cause = self.q_850_cause

        recordings: list[str] | Unset = UNSET
        if not isinstance(self.recordings, Unset):
            recordings = self.recordings

        refused_by = self.refused_by

        result = self.result

        sip: dict[str, Any] | Unset = UNSET
        if not isinstance(self.sip, Unset):
            sip = self.sip.to_dict()

        stream: dict[str, Any] | Unset = UNSET
        if not isinstance(self.stream, Unset):
            stream = self.stream.to_dict()

        talk_ms = self.talk_ms

        termination_reason = self.termination_reason

        timings: dict[str, Any] | Unset = UNSET
        if not isinstance(self.timings, Unset):
            timings = self.timings.to_dict()

        to = self.to

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "answeredAfterCancel": answered_after_cancel,
                "bvrMachine": bvr_machine,
                "callIndexFull": call_index_full,
                "direction": direction,
                "forced": forced,
                "launchedType": launched_type,
                "node": node,
                "start": start,
                "startEpoch": start_epoch,
                "state": state,
                "times": times,
                "type": type_,
                "waitRanOut": wait_ran_out,
            }
        )
        if account_id is not UNSET:
            field_dict["accountId"] = account_id
        if action is not UNSET:
            field_dict["action"] = action
        if ani is not UNSET:
            field_dict["ani"] = ani
        if application_end is not UNSET:
            field_dict["applicationEnd"] = application_end
        if application_id is not UNSET:
            field_dict["applicationId"] = application_id
        if application_uuid is not UNSET:
            field_dict["applicationUUID"] = application_uuid
        if attempts is not UNSET:
            field_dict["attempts"] = attempts
        if call_id is not UNSET:
            field_dict["callId"] = call_id
        if call_progress is not UNSET:
            field_dict["callProgress"] = call_progress
        if calls is not UNSET:
            field_dict["calls"] = calls
        if campaign is not UNSET:
            field_dict["campaign"] = campaign
        if client_result is not UNSET:
            field_dict["clientResult"] = client_result
        if contact is not UNSET:
            field_dict["contact"] = contact
        if detail is not UNSET:
            field_dict["detail"] = detail
        if disposition is not UNSET:
            field_dict["disposition"] = disposition
        if dnis is not UNSET:
            field_dict["dnis"] = dnis
        if duration is not UNSET:
            field_dict["duration"] = duration
        if end is not UNSET:
            field_dict["end"] = end
        if end_epoch is not UNSET:
            field_dict["endEpoch"] = end_epoch
        if end_requested_by is not UNSET:
            field_dict["endRequestedBy"] = end_requested_by
        if from_ is not UNSET:
            field_dict["from"] = from_
        if hangup_by is not UNSET:
            field_dict["hangupBy"] = hangup_by
        if hangup_cause is not UNSET:
            field_dict["hangupCause"] = hangup_cause
        if headers is not UNSET:
            field_dict["headers"] = headers
        if ladder is not UNSET:
            field_dict["ladder"] = ladder
        if ladder_more is not UNSET:
            field_dict["ladderMore"] = ladder_more
        if proxy is not UNSET:
            field_dict["proxy"] = proxy
        if q_850_cause is not UNSET:
            field_dict["q850Cause"] = q_850_cause
        if recordings is not UNSET:
            field_dict["recordings"] = recordings
        if refused_by is not UNSET:
            field_dict["refusedBy"] = refused_by
        if result is not UNSET:
            field_dict["result"] = result
        if sip is not UNSET:
            field_dict["sip"] = sip
        if stream is not UNSET:
            field_dict["stream"] = stream
        if talk_ms is not UNSET:
            field_dict["talkMs"] = talk_ms
        if termination_reason is not UNSET:
            field_dict["terminationReason"] = termination_reason
        if timings is not UNSET:
            field_dict["timings"] = timings
        if to is not UNSET:
            field_dict["to"] = to

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.application_end_view import ApplicationEndView
        from ..models.attempt_view import AttemptView
        from ..models.cause_view import CauseView
        from ..models.findings_view import FindingsView
        from ..models.message_view import MessageView
        from ..models.record_view_headers import RecordViewHeaders
        from ..models.sip_view import SipView
        from ..models.stream_view import StreamView
        from ..models.times_view import TimesView
        from ..models.timings_view import TimingsView

        d = dict(src_dict)
        answered_after_cancel = d.pop("answeredAfterCancel")

        bvr_machine = d.pop("bvrMachine")

        call_index_full = d.pop("callIndexFull")

        direction = d.pop("direction")

        forced = d.pop("forced")

        launched_type = d.pop("launchedType")

        node = d.pop("node")

        start = datetime.datetime.fromisoformat(d.pop("start"))

        start_epoch = d.pop("startEpoch")

        state = check_record_view_state(d.pop("state"))

        times = TimesView.from_dict(d.pop("times"))

        type_ = check_record_view_type(d.pop("type"))

        wait_ran_out = d.pop("waitRanOut")

        account_id = d.pop("accountId", UNSET)

        action = d.pop("action", UNSET)

        ani = d.pop("ani", UNSET)

        _application_end = d.pop("applicationEnd", UNSET)
        application_end: ApplicationEndView | Unset
        if isinstance(_application_end, Unset):
            application_end = UNSET
        else:
            application_end = ApplicationEndView.from_dict(_application_end)

        application_id = d.pop("applicationId", UNSET)

        application_uuid = d.pop("applicationUUID", UNSET)

        _attempts = d.pop("attempts", UNSET)
        attempts: list[AttemptView] | Unset = UNSET
        if _attempts is not UNSET:
            attempts = []
            for attempts_item_data in _attempts:
                attempts_item = AttemptView.from_dict(attempts_item_data)

                attempts.append(attempts_item)

        call_id = d.pop("callId", UNSET)

        _call_progress = d.pop("callProgress", UNSET)
        call_progress: FindingsView | Unset
        if isinstance(_call_progress, Unset):
            call_progress = UNSET
        else:
            call_progress = FindingsView.from_dict(_call_progress)

        _calls = d.pop("calls", UNSET)
        calls: list[RecordView] | Unset = UNSET
        if _calls is not UNSET:
            calls = []
            for calls_item_data in _calls:
                calls_item = RecordView.from_dict(calls_item_data)

                calls.append(calls_item)

        campaign = d.pop("campaign", UNSET)

        client_result = d.pop("clientResult", UNSET)

        contact = d.pop("contact", UNSET)

        detail = d.pop("detail", UNSET)

        _disposition = d.pop("disposition", UNSET)
        disposition: Disposition | Unset
        if isinstance(_disposition, Unset):
            disposition = UNSET
        else:
            disposition = check_disposition(_disposition)

        dnis = d.pop("dnis", UNSET)

        duration = d.pop("duration", UNSET)

        _end = d.pop("end", UNSET)
        end: datetime.datetime | Unset
        if isinstance(_end, Unset):
            end = UNSET
        else:
            end = datetime.datetime.fromisoformat(_end)

        end_epoch = d.pop("endEpoch", UNSET)

        _end_requested_by = d.pop("endRequestedBy", UNSET)
        end_requested_by: EndRequester | Unset
        if isinstance(_end_requested_by, Unset):
            end_requested_by = UNSET
        else:
            end_requested_by = check_end_requester(_end_requested_by)

        from_ = d.pop("from", UNSET)

        _hangup_by = d.pop("hangupBy", UNSET)
        hangup_by: HangUpBy | Unset
        if isinstance(_hangup_by, Unset):
            hangup_by = UNSET
        else:
            hangup_by = check_hang_up_by(_hangup_by)

        _hangup_cause = d.pop("hangupCause", UNSET)
        hangup_cause: CauseView | Unset
        if isinstance(_hangup_cause, Unset):
            hangup_cause = UNSET
        else:
            hangup_cause = CauseView.from_dict(_hangup_cause)

        _headers = d.pop("headers", UNSET)
        headers: RecordViewHeaders | Unset
        if isinstance(_headers, Unset):
            headers = UNSET
        else:
            headers = RecordViewHeaders.from_dict(_headers)

        _ladder = d.pop("ladder", UNSET)
        ladder: list[MessageView] | Unset = UNSET
        if _ladder is not UNSET:
            ladder = []
            for ladder_item_data in _ladder:
                ladder_item = MessageView.from_dict(ladder_item_data)

                ladder.append(ladder_item)

        ladder_more = d.pop("ladderMore", UNSET)

        proxy = d.pop("proxy", UNSET)

        q_850_cause = d.pop("q850Cause", UNSET)

        recordings = cast(list[str], d.pop("recordings", UNSET))

        refused_by = d.pop("refusedBy", UNSET)

        result = d.pop("result", UNSET)

        _sip = d.pop("sip", UNSET)
        sip: SipView | Unset
        if isinstance(_sip, Unset):
            sip = UNSET
        else:
            sip = SipView.from_dict(_sip)

        _stream = d.pop("stream", UNSET)
        stream: StreamView | Unset
        if isinstance(_stream, Unset):
            stream = UNSET
        else:
            stream = StreamView.from_dict(_stream)

        talk_ms = d.pop("talkMs", UNSET)

        termination_reason = d.pop("terminationReason", UNSET)

        _timings = d.pop("timings", UNSET)
        timings: TimingsView | Unset
        if isinstance(_timings, Unset):
            timings = UNSET
        else:
            timings = TimingsView.from_dict(_timings)

        to = d.pop("to", UNSET)

        record_view = cls(
            answered_after_cancel=answered_after_cancel,
            bvr_machine=bvr_machine,
            call_index_full=call_index_full,
            direction=direction,
            forced=forced,
            launched_type=launched_type,
            node=node,
            start=start,
            start_epoch=start_epoch,
            state=state,
            times=times,
            type_=type_,
            wait_ran_out=wait_ran_out,
            account_id=account_id,
            action=action,
            ani=ani,
            application_end=application_end,
            application_id=application_id,
            application_uuid=application_uuid,
            attempts=attempts,
            call_id=call_id,
            call_progress=call_progress,
            calls=calls,
            campaign=campaign,
            client_result=client_result,
            contact=contact,
            detail=detail,
            disposition=disposition,
            dnis=dnis,
            duration=duration,
            end=end,
            end_epoch=end_epoch,
            end_requested_by=end_requested_by,
            from_=from_,
            hangup_by=hangup_by,
            hangup_cause=hangup_cause,
            headers=headers,
            ladder=ladder,
            ladder_more=ladder_more,
            proxy=proxy,
            q_850_cause=q_850_cause,
            recordings=recordings,
            refused_by=refused_by,
            result=result,
            sip=sip,
            stream=stream,
            talk_ms=talk_ms,
            termination_reason=termination_reason,
            timings=timings,
            to=to,
        )

        record_view.additional_properties = d
        return record_view

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
