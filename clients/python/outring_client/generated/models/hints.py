from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.hints_record_type_0 import HintsRecordType0, check_hints_record_type_0
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.agent_hint import AgentHint
    from ..models.early_media_hint import EarlyMediaHint
    from ..models.hints_stream_parameters_type_0 import HintsStreamParametersType0
    from ..models.progress_hint import ProgressHint
    from ..models.say_hint import SayHint
    from ..models.voicemail_hint import VoicemailHint


T = TypeVar("T", bound="Hints")


@_attrs_define
class Hints:
    """The hints that the platform obeys; others are kept for the application.

    Attributes:
        proxy_group (None | str | Unset): Proxy group that the call goes through.
        ring_timeout (float | None | Unset): Milliseconds to ring before CANCEL.
        max_duration (float | None | Unset): Milliseconds until an answered call is hung up.
        bvr_callprogress (None | ProgressHint | Unset): Finds out what has answered; {} looks for machines.
        early_media (EarlyMediaHint | None | Unset): Listens for tones and announcements before the answer; {} ends the
            call at a busy, congestion or special information tone.
        inband_dtmf (bool | Unset): Hears DTMF in the sound, too, whatever was negotiated. Default: False.
        webhook (None | str | Unset): Id of the webhook that gets the events of the request, too.
        record (HintsRecordType0 | None | Unset): call: records both sides from the answer on, where the application
            lets its calls be recorded.
        voicemail (None | Unset | VoicemailHint): What to do if a machine answers; of makeCall.
        stream_url (None | str | Unset): WebSocket that the call is joined to, where allowed_urls of its application of
            type STREAM match it; of makeCall.
        stream_parameters (HintsStreamParametersType0 | None | Unset): What its server gets as customParameters, too; of
            makeCall.
        say (bool | SayHint | Unset): Speaks appData, or its member text, in place of a document; of makeCall. Default:
            False.
        agents (AgentHint | bool | Unset): Gives whoever answers to a free agent, in place of a document; of calls of
            campaigns. Default: False.
    """

    proxy_group: None | str | Unset = UNSET
    ring_timeout: float | None | Unset = UNSET
    max_duration: float | None | Unset = UNSET
    bvr_callprogress: None | ProgressHint | Unset = UNSET
    early_media: EarlyMediaHint | None | Unset = UNSET
    inband_dtmf: bool | Unset = False
    webhook: None | str | Unset = UNSET
    record: HintsRecordType0 | None | Unset = UNSET
    voicemail: None | Unset | VoicemailHint = UNSET
    stream_url: None | str | Unset = UNSET
    stream_parameters: HintsStreamParametersType0 | None | Unset = UNSET
    say: bool | SayHint | Unset = False
    agents: AgentHint | bool | Unset = False
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.agent_hint import AgentHint
        from ..models.early_media_hint import EarlyMediaHint
        from ..models.hints_stream_parameters_type_0 import HintsStreamParametersType0
        from ..models.progress_hint import ProgressHint
        from ..models.say_hint import SayHint
        from ..models.voicemail_hint import VoicemailHint

        proxy_group: None | str | Unset
        if isinstance(self.proxy_group, Unset):
            proxy_group = UNSET
        else:
            proxy_group = self.proxy_group

        ring_timeout: float | None | Unset
        if isinstance(self.ring_timeout, Unset):
            ring_timeout = UNSET
        else:
            ring_timeout = self.ring_timeout

        max_duration: float | None | Unset
        if isinstance(self.max_duration, Unset):
            max_duration = UNSET
        else:
            max_duration = self.max_duration

        bvr_callprogress: dict[str, Any] | None | Unset
        if isinstance(self.bvr_callprogress, Unset):
            bvr_callprogress = UNSET
        elif isinstance(self.bvr_callprogress, ProgressHint):
            bvr_callprogress = self.bvr_callprogress.to_dict()
        else:
            bvr_callprogress = self.bvr_callprogress

        early_media: dict[str, Any] | None | Unset
        if isinstance(self.early_media, Unset):
            early_media = UNSET
        elif isinstance(self.early_media, EarlyMediaHint):
            early_media = self.early_media.to_dict()
        else:
            early_media = self.early_media

        inband_dtmf = self.inband_dtmf

        webhook: None | str | Unset
        if isinstance(self.webhook, Unset):
            webhook = UNSET
        else:
            webhook = self.webhook

        record: None | str | Unset
        if isinstance(self.record, Unset):
            record = UNSET
        elif isinstance(self.record, str):
            record = self.record
        else:
            record = self.record

        voicemail: dict[str, Any] | None | Unset
        if isinstance(self.voicemail, Unset):
            voicemail = UNSET
        elif isinstance(self.voicemail, VoicemailHint):
            voicemail = self.voicemail.to_dict()
        else:
            voicemail = self.voicemail

        stream_url: None | str | Unset
        if isinstance(self.stream_url, Unset):
            stream_url = UNSET
        else:
            stream_url = self.stream_url

        stream_parameters: dict[str, Any] | None | Unset
        if isinstance(self.stream_parameters, Unset):
            stream_parameters = UNSET
        elif isinstance(self.stream_parameters, HintsStreamParametersType0):
            stream_parameters = self.stream_parameters.to_dict()
        else:
            stream_parameters = self.stream_parameters

        say: bool | dict[str, Any] | Unset
        if isinstance(self.say, Unset):
            say = UNSET
        elif isinstance(self.say, SayHint):
            say = self.say.to_dict()
        else:
            say = self.say

        agents: bool | dict[str, Any] | Unset
        if isinstance(self.agents, Unset):
            agents = UNSET
        elif isinstance(self.agents, AgentHint):
            agents = self.agents.to_dict()
        else:
            agents = self.agents

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if proxy_group is not UNSET:
            field_dict["proxy_group"] = proxy_group
        if ring_timeout is not UNSET:
            field_dict["ring_timeout"] = ring_timeout
        if max_duration is not UNSET:
            field_dict["max_duration"] = max_duration
        if bvr_callprogress is not UNSET:
            field_dict["bvr_callprogress"] = bvr_callprogress
        if early_media is not UNSET:
            field_dict["early_media"] = early_media
        if inband_dtmf is not UNSET:
            field_dict["inband_dtmf"] = inband_dtmf
        if webhook is not UNSET:
            field_dict["webhook"] = webhook
        if record is not UNSET:
            field_dict["record"] = record
        if voicemail is not UNSET:
            field_dict["voicemail"] = voicemail
        if stream_url is not UNSET:
            field_dict["stream_url"] = stream_url
        if stream_parameters is not UNSET:
            field_dict["stream_parameters"] = stream_parameters
        if say is not UNSET:
            field_dict["say"] = say
        if agents is not UNSET:
            field_dict["agents"] = agents

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.agent_hint import AgentHint
        from ..models.early_media_hint import EarlyMediaHint
        from ..models.hints_stream_parameters_type_0 import HintsStreamParametersType0
        from ..models.progress_hint import ProgressHint
        from ..models.say_hint import SayHint
        from ..models.voicemail_hint import VoicemailHint

        d = dict(src_dict)

        def _parse_proxy_group(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        proxy_group = _parse_proxy_group(d.pop("proxy_group", UNSET))

        def _parse_ring_timeout(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        ring_timeout = _parse_ring_timeout(d.pop("ring_timeout", UNSET))

        def _parse_max_duration(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        max_duration = _parse_max_duration(d.pop("max_duration", UNSET))

        def _parse_bvr_callprogress(data: object) -> None | ProgressHint | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                bvr_callprogress_type_0 = ProgressHint.from_dict(data)

                return bvr_callprogress_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | ProgressHint | Unset, data)

        bvr_callprogress = _parse_bvr_callprogress(d.pop("bvr_callprogress", UNSET))

        def _parse_early_media(data: object) -> EarlyMediaHint | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                early_media_type_0 = EarlyMediaHint.from_dict(data)

                return early_media_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(EarlyMediaHint | None | Unset, data)

        early_media = _parse_early_media(d.pop("early_media", UNSET))

        inband_dtmf = d.pop("inband_dtmf", UNSET)

        def _parse_webhook(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        webhook = _parse_webhook(d.pop("webhook", UNSET))

        def _parse_record(data: object) -> HintsRecordType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                record_type_0 = check_hints_record_type_0(data)

                return record_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(HintsRecordType0 | None | Unset, data)

        record = _parse_record(d.pop("record", UNSET))

        def _parse_voicemail(data: object) -> None | Unset | VoicemailHint:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                voicemail_type_0 = VoicemailHint.from_dict(data)

                return voicemail_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Unset | VoicemailHint, data)

        voicemail = _parse_voicemail(d.pop("voicemail", UNSET))

        def _parse_stream_url(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        stream_url = _parse_stream_url(d.pop("stream_url", UNSET))

        def _parse_stream_parameters(
            data: object,
        ) -> HintsStreamParametersType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                stream_parameters_type_0 = HintsStreamParametersType0.from_dict(data)

                return stream_parameters_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(HintsStreamParametersType0 | None | Unset, data)

        stream_parameters = _parse_stream_parameters(d.pop("stream_parameters", UNSET))

        def _parse_say(data: object) -> bool | SayHint | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                say_type_1 = SayHint.from_dict(data)

                return say_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(bool | SayHint | Unset, data)

        say = _parse_say(d.pop("say", UNSET))

        def _parse_agents(data: object) -> AgentHint | bool | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                agents_type_1 = AgentHint.from_dict(data)

                return agents_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(AgentHint | bool | Unset, data)

        agents = _parse_agents(d.pop("agents", UNSET))

        hints = cls(
            proxy_group=proxy_group,
            ring_timeout=ring_timeout,
            max_duration=max_duration,
            bvr_callprogress=bvr_callprogress,
            early_media=early_media,
            inband_dtmf=inband_dtmf,
            webhook=webhook,
            record=record,
            voicemail=voicemail,
            stream_url=stream_url,
            stream_parameters=stream_parameters,
            say=say,
            agents=agents,
        )

        hints.additional_properties = d
        return hints

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
