from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.answer_body_result import AnswerBodyResult, check_answer_body_result
from ..models.disposition import Disposition, check_disposition
from ..models.end_requester import EndRequester, check_end_requester
from ..models.hang_up_by import HangUpBy, check_hang_up_by
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.answer_body_headers import AnswerBodyHeaders
    from ..models.attempt_view import AttemptView
    from ..models.call_progress_body import CallProgressBody
    from ..models.cause_body import CauseBody
    from ..models.links_body import LinksBody
    from ..models.sip_body import SipBody
    from ..models.timings_body import TimingsBody


T = TypeVar("T", bound="AnswerBody")


@_attrs_define
class AnswerBody:
    """What the client of an outbound request is told.

    Attributes:
        result (AnswerBodyResult): - `Call connected`: A 2xx to the INVITE arrived and was ACKed within the wait.
            - `Application started`: The application's session has begun without an error.
            - `Request accepted`: An asynchronous request has its slots and its record; what becomes of it, the look-up and
            the events tell.
            - `Internal Error`: A defect, or the database or Redis cannot be reached; the log says more.
            - `Request timeout`: The wait ran out; the call or the start goes on, unless the application says otherwise, or
            nobody was rung yet.
            - `Call failed`: A final 3xx to 6xx came, a timer or the transport failed here, or the call was cancelled; sip
            says which.
            - `License limit`: All calls of the platform's licence are in use.
            - `Account call limit`: The account's calls are in use, or its turn in calls per second is too far off.
            - `Application call limit`: The application's calls are in use, or its turn in calls per second is too far off.
            - `No account found`: The account of the key's application does not exist.
            - `No application found`: The key's application does not exist.
            - `Number denied`: A rule denies the to value.
            - `No BVR to handle outbound API`: No node that runs can place the call, or run the application, or has room for
            it now.
            - `Application timeout`: The application did not start within its start limit.
            - `CCXML error`: The application's document is wrong, or ended in an error before it had started.
            - `Invalid URI`: The application's URI is malformed, not allowed, or leads to nothing.
            - `CCXML server not running`: The node's CCXML part does not run.
            - `Invalid application type`: startApplication was asked for with the key of a VXML application.
            - `Server shutdown`: The node starts, stops, or went away before the INVITE left.
            - `No request body`: The POST has an empty body.
            - `Invalid JSON`: The body is not JSON, or not an object.
            - `Invalid action`: action is missing or another value.
            - `Invalid request`: The apiKey is missing or not known, or a member is of the wrong type, out of range or not
            allowed.
            - `Missing to value`: makeCall was asked for without a to value.
            - `BVR call limit`: Every node that could place the call carries as many as it may.
        application_uuid (str | Unset): Of the call, once the key has been accepted.
        links (LinksBody | Unset): Where more is to be had, as paths of the same host.
        headers (AnswerBodyHeaders | Unset): Of the final SIP response; repeated ones are joined with a comma.
        sip (SipBody | Unset): How the INVITE ended.
        disposition (Disposition | Unset): What has become of a call, or of a request that was refused.
        refused_by (str | Unset): The limit or rule that refused, as account:acme, application:shop, proxy:carrier,
            licence, node:bvr-1, rule: with its pattern, or overload.
        hangup_by (HangUpBy | Unset): The side that has ended a call.
        end_requested_by (EndRequester | Unset): Who, on our side, has asked for the end of a call.
        hangup_cause (CauseBody | Unset): Why the call was ended, where a Reason header tells it (RFC 3326).
        timings (TimingsBody | Unset): Milliseconds.
        attempts (list[AttemptView] | Unset): The INVITEs, oldest first.
        call_progress (CallProgressBody | Unset): What has answered the call and which tones were heard, as far as the
            wait went.
        detail (str | Unset): One sentence for a person, if something was refused.
    """

    result: AnswerBodyResult
    application_uuid: str | Unset = UNSET
    links: LinksBody | Unset = UNSET
    headers: AnswerBodyHeaders | Unset = UNSET
    sip: SipBody | Unset = UNSET
    disposition: Disposition | Unset = UNSET
    refused_by: str | Unset = UNSET
    hangup_by: HangUpBy | Unset = UNSET
    end_requested_by: EndRequester | Unset = UNSET
    hangup_cause: CauseBody | Unset = UNSET
    timings: TimingsBody | Unset = UNSET
    attempts: list[AttemptView] | Unset = UNSET
    call_progress: CallProgressBody | Unset = UNSET
    detail: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        result: str = self.result

        application_uuid = self.application_uuid

        links: dict[str, Any] | Unset = UNSET
        if not isinstance(self.links, Unset):
            links = self.links.to_dict()

        headers: dict[str, Any] | Unset = UNSET
        if not isinstance(self.headers, Unset):
            headers = self.headers.to_dict()

        sip: dict[str, Any] | Unset = UNSET
        if not isinstance(self.sip, Unset):
            sip = self.sip.to_dict()

        disposition: str | Unset = UNSET
        if not isinstance(self.disposition, Unset):
            disposition = self.disposition

        refused_by = self.refused_by

        hangup_by: str | Unset = UNSET
        if not isinstance(self.hangup_by, Unset):
            hangup_by = self.hangup_by

        end_requested_by: str | Unset = UNSET
        if not isinstance(self.end_requested_by, Unset):
            end_requested_by = self.end_requested_by

        hangup_cause: dict[str, Any] | Unset = UNSET
        if not isinstance(self.hangup_cause, Unset):
            hangup_cause = self.hangup_cause.to_dict()

        timings: dict[str, Any] | Unset = UNSET
        if not isinstance(self.timings, Unset):
            timings = self.timings.to_dict()

        attempts: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.attempts, Unset):
            attempts = []
            for attempts_item_data in self.attempts:
                attempts_item = attempts_item_data.to_dict()
                attempts.append(attempts_item)

        call_progress: dict[str, Any] | Unset = UNSET
        if not isinstance(self.call_progress, Unset):
            call_progress = self.call_progress.to_dict()

        detail = self.detail

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "result": result,
            }
        )
        if application_uuid is not UNSET:
            field_dict["applicationUUID"] = application_uuid
        if links is not UNSET:
            field_dict["links"] = links
        if headers is not UNSET:
            field_dict["headers"] = headers
        if sip is not UNSET:
            field_dict["sip"] = sip
        if disposition is not UNSET:
            field_dict["disposition"] = disposition
        if refused_by is not UNSET:
            field_dict["refusedBy"] = refused_by
        if hangup_by is not UNSET:
            field_dict["hangupBy"] = hangup_by
        if end_requested_by is not UNSET:
            field_dict["endRequestedBy"] = end_requested_by
        if hangup_cause is not UNSET:
            field_dict["hangupCause"] = hangup_cause
        if timings is not UNSET:
            field_dict["timings"] = timings
        if attempts is not UNSET:
            field_dict["attempts"] = attempts
        if call_progress is not UNSET:
            field_dict["callProgress"] = call_progress
        if detail is not UNSET:
            field_dict["detail"] = detail

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.answer_body_headers import AnswerBodyHeaders
        from ..models.attempt_view import AttemptView
        from ..models.call_progress_body import CallProgressBody
        from ..models.cause_body import CauseBody
        from ..models.links_body import LinksBody
        from ..models.sip_body import SipBody
        from ..models.timings_body import TimingsBody

        d = dict(src_dict)
        result = check_answer_body_result(d.pop("result"))

        application_uuid = d.pop("applicationUUID", UNSET)

        _links = d.pop("links", UNSET)
        links: LinksBody | Unset
        if isinstance(_links, Unset):
            links = UNSET
        else:
            links = LinksBody.from_dict(_links)

        _headers = d.pop("headers", UNSET)
        headers: AnswerBodyHeaders | Unset
        if isinstance(_headers, Unset):
            headers = UNSET
        else:
            headers = AnswerBodyHeaders.from_dict(_headers)

        _sip = d.pop("sip", UNSET)
        sip: SipBody | Unset
        if isinstance(_sip, Unset):
            sip = UNSET
        else:
            sip = SipBody.from_dict(_sip)

        _disposition = d.pop("disposition", UNSET)
        disposition: Disposition | Unset
        if isinstance(_disposition, Unset):
            disposition = UNSET
        else:
            disposition = check_disposition(_disposition)

        refused_by = d.pop("refusedBy", UNSET)

        _hangup_by = d.pop("hangupBy", UNSET)
        hangup_by: HangUpBy | Unset
        if isinstance(_hangup_by, Unset):
            hangup_by = UNSET
        else:
            hangup_by = check_hang_up_by(_hangup_by)

        _end_requested_by = d.pop("endRequestedBy", UNSET)
        end_requested_by: EndRequester | Unset
        if isinstance(_end_requested_by, Unset):
            end_requested_by = UNSET
        else:
            end_requested_by = check_end_requester(_end_requested_by)

        _hangup_cause = d.pop("hangupCause", UNSET)
        hangup_cause: CauseBody | Unset
        if isinstance(_hangup_cause, Unset):
            hangup_cause = UNSET
        else:
            hangup_cause = CauseBody.from_dict(_hangup_cause)

        _timings = d.pop("timings", UNSET)
        timings: TimingsBody | Unset
        if isinstance(_timings, Unset):
            timings = UNSET
        else:
            timings = TimingsBody.from_dict(_timings)

        _attempts = d.pop("attempts", UNSET)
        attempts: list[AttemptView] | Unset = UNSET
        if _attempts is not UNSET:
            attempts = []
            for attempts_item_data in _attempts:
                attempts_item = AttemptView.from_dict(attempts_item_data)

                attempts.append(attempts_item)

        _call_progress = d.pop("callProgress", UNSET)
        call_progress: CallProgressBody | Unset
        if isinstance(_call_progress, Unset):
            call_progress = UNSET
        else:
            call_progress = CallProgressBody.from_dict(_call_progress)

        detail = d.pop("detail", UNSET)

        answer_body = cls(
            result=result,
            application_uuid=application_uuid,
            links=links,
            headers=headers,
            sip=sip,
            disposition=disposition,
            refused_by=refused_by,
            hangup_by=hangup_by,
            end_requested_by=end_requested_by,
            hangup_cause=hangup_cause,
            timings=timings,
            attempts=attempts,
            call_progress=call_progress,
            detail=detail,
        )

        answer_body.additional_properties = d
        return answer_body

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
