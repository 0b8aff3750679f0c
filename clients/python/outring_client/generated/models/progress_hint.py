from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.progress_hint_thresholdmode import (
    ProgressHintThresholdmode,
    check_progress_hint_thresholdmode,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="ProgressHint")


@_attrs_define
class ProgressHint:
    """Looks for people, machines and faxes once the call is answered; as CCXML's hint.

    Attributes:
        enabled (str | Unset): amd, fax, or both. Default: 'amd'.
        events (None | str | Unset):
        terminationevents (None | str | Unset):
        thresholdmode (ProgressHintThresholdmode | Unset):  Default: 'offset'.
        threshold (float | None | str | Unset):
        voiceontime (None | str | Unset):
        voiceofftime (None | str | Unset):
        amdtime (None | str | Unset):
        spokentime (None | str | Unset):
        doubttime (None | str | Unset):
        doubtofftime (None | str | Unset):
        silencetime (None | str | Unset):
        maxruntime (None | str | Unset):
        beepontime (None | str | Unset):
        beepofftime (None | str | Unset):
        beepmodulation (float | None | str | Unset):
    """

    enabled: str | Unset = "amd"
    events: None | str | Unset = UNSET
    terminationevents: None | str | Unset = UNSET
    thresholdmode: ProgressHintThresholdmode | Unset = "offset"
    threshold: float | None | str | Unset = UNSET
    voiceontime: None | str | Unset = UNSET
    voiceofftime: None | str | Unset = UNSET
    amdtime: None | str | Unset = UNSET
    spokentime: None | str | Unset = UNSET
    doubttime: None | str | Unset = UNSET
    doubtofftime: None | str | Unset = UNSET
    silencetime: None | str | Unset = UNSET
    maxruntime: None | str | Unset = UNSET
    beepontime: None | str | Unset = UNSET
    beepofftime: None | str | Unset = UNSET
    beepmodulation: float | None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        enabled = self.enabled

        events: None | str | Unset
        if isinstance(self.events, Unset):
            events = UNSET
        else:
            events = self.events

        terminationevents: None | str | Unset
        if isinstance(self.terminationevents, Unset):
            terminationevents = UNSET
        else:
            terminationevents = self.terminationevents

        thresholdmode: str | Unset = UNSET
        if not isinstance(self.thresholdmode, Unset):
            thresholdmode = self.thresholdmode

        threshold: float | None | str | Unset
        if isinstance(self.threshold, Unset):
            threshold = UNSET
        else:
            threshold = self.threshold

        voiceontime: None | str | Unset
        if isinstance(self.voiceontime, Unset):
            voiceontime = UNSET
        else:
            voiceontime = self.voiceontime

        voiceofftime: None | str | Unset
        if isinstance(self.voiceofftime, Unset):
            voiceofftime = UNSET
        else:
            voiceofftime = self.voiceofftime

        amdtime: None | str | Unset
        if isinstance(self.amdtime, Unset):
            amdtime = UNSET
        else:
            amdtime = self.amdtime

        spokentime: None | str | Unset
        if isinstance(self.spokentime, Unset):
            spokentime = UNSET
        else:
            spokentime = self.spokentime

        doubttime: None | str | Unset
        if isinstance(self.doubttime, Unset):
            doubttime = UNSET
        else:
            doubttime = self.doubttime

        doubtofftime: None | str | Unset
        if isinstance(self.doubtofftime, Unset):
            doubtofftime = UNSET
        else:
            doubtofftime = self.doubtofftime

        silencetime: None | str | Unset
        if isinstance(self.silencetime, Unset):
            silencetime = UNSET
        else:
            silencetime = self.silencetime

        maxruntime: None | str | Unset
        if isinstance(self.maxruntime, Unset):
            maxruntime = UNSET
        else:
            maxruntime = self.maxruntime

        beepontime: None | str | Unset
        if isinstance(self.beepontime, Unset):
            beepontime = UNSET
        else:
            beepontime = self.beepontime

        beepofftime: None | str | Unset
        if isinstance(self.beepofftime, Unset):
            beepofftime = UNSET
        else:
            beepofftime = self.beepofftime

        beepmodulation: float | None | str | Unset
        if isinstance(self.beepmodulation, Unset):
            beepmodulation = UNSET
        else:
            beepmodulation = self.beepmodulation

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if enabled is not UNSET:
            field_dict["enabled"] = enabled
        if events is not UNSET:
            field_dict["events"] = events
        if terminationevents is not UNSET:
            field_dict["terminationevents"] = terminationevents
        if thresholdmode is not UNSET:
            field_dict["thresholdmode"] = thresholdmode
        if threshold is not UNSET:
            field_dict["threshold"] = threshold
        if voiceontime is not UNSET:
            field_dict["voiceontime"] = voiceontime
        if voiceofftime is not UNSET:
            field_dict["voiceofftime"] = voiceofftime
        if amdtime is not UNSET:
            field_dict["amdtime"] = amdtime
        if spokentime is not UNSET:
            field_dict["spokentime"] = spokentime
        if doubttime is not UNSET:
            field_dict["doubttime"] = doubttime
        if doubtofftime is not UNSET:
            field_dict["doubtofftime"] = doubtofftime
        if silencetime is not UNSET:
            field_dict["silencetime"] = silencetime
        if maxruntime is not UNSET:
            field_dict["maxruntime"] = maxruntime
        if beepontime is not UNSET:
            field_dict["beepontime"] = beepontime
        if beepofftime is not UNSET:
            field_dict["beepofftime"] = beepofftime
        if beepmodulation is not UNSET:
            field_dict["beepmodulation"] = beepmodulation

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        enabled = d.pop("enabled", UNSET)

        def _parse_events(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        events = _parse_events(d.pop("events", UNSET))

        def _parse_terminationevents(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        terminationevents = _parse_terminationevents(d.pop("terminationevents", UNSET))

        _thresholdmode = d.pop("thresholdmode", UNSET)
        thresholdmode: ProgressHintThresholdmode | Unset
        if isinstance(_thresholdmode, Unset):
            thresholdmode = UNSET
        else:
            thresholdmode = check_progress_hint_thresholdmode(_thresholdmode)

        def _parse_threshold(data: object) -> float | None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | str | Unset, data)

        threshold = _parse_threshold(d.pop("threshold", UNSET))

        def _parse_voiceontime(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        voiceontime = _parse_voiceontime(d.pop("voiceontime", UNSET))

        def _parse_voiceofftime(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        voiceofftime = _parse_voiceofftime(d.pop("voiceofftime", UNSET))

        def _parse_amdtime(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        amdtime = _parse_amdtime(d.pop("amdtime", UNSET))

        def _parse_spokentime(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        spokentime = _parse_spokentime(d.pop("spokentime", UNSET))

        def _parse_doubttime(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        doubttime = _parse_doubttime(d.pop("doubttime", UNSET))

        def _parse_doubtofftime(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        doubtofftime = _parse_doubtofftime(d.pop("doubtofftime", UNSET))

        def _parse_silencetime(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        silencetime = _parse_silencetime(d.pop("silencetime", UNSET))

        def _parse_maxruntime(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        maxruntime = _parse_maxruntime(d.pop("maxruntime", UNSET))

        def _parse_beepontime(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        beepontime = _parse_beepontime(d.pop("beepontime", UNSET))

        def _parse_beepofftime(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        beepofftime = _parse_beepofftime(d.pop("beepofftime", UNSET))

        def _parse_beepmodulation(data: object) -> float | None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | str | Unset, data)

        beepmodulation = _parse_beepmodulation(d.pop("beepmodulation", UNSET))

        progress_hint = cls(
            enabled=enabled,
            events=events,
            terminationevents=terminationevents,
            thresholdmode=thresholdmode,
            threshold=threshold,
            voiceontime=voiceontime,
            voiceofftime=voiceofftime,
            amdtime=amdtime,
            spokentime=spokentime,
            doubttime=doubttime,
            doubtofftime=doubtofftime,
            silencetime=silencetime,
            maxruntime=maxruntime,
            beepontime=beepontime,
            beepofftime=beepofftime,
            beepmodulation=beepmodulation,
        )

        return progress_hint
