"""Call progress analysis as requests ask for it, and as answers and records show it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ccxml.xml.durations import parse_seconds
from sip.call_progress import (
    AnsweredBy,
    Detection,
    ProgressType,
    ThresholdMode,
    verdict_of,
)
from sip.events import CallProgress
from sip.network_tones import ToneVerdict

from .network_tones import ToneEvent

LONGEST_MS = 600_000
MAX_ENERGY = 2.0**30  # of samples of 16 bits
RATIO_PERCENT = 25.0  # the threshold, where none is given

Duration = Annotated[str, Meta(pattern=r"^\+?([0-9]+|[0-9]*\.[0-9]+)(ms|s)$")]
Number = (
    Annotated[float, Meta(ge=0)]
    | Annotated[str, Meta(pattern=r"^[0-9]{1,9}(\.[0-9]+)?$")]
)
Types = Annotated[
    str, Meta(description="With commas between: " + ", ".join(ProgressType) + ".")
]


class ProgressHint(msgspec.Struct, forbid_unknown_fields=True):
    """Looks for people, machines and faxes once the call is answered; as CCXML's hint."""

    enabled: Annotated[str, Meta(description="amd, fax, or both.")] = "amd"
    events: Types | None = None
    terminationevents: Types | None = None
    thresholdmode: Literal["fixed", "ratio", "offset"] = "offset"
    threshold: Number | None = None
    voiceontime: Duration | None = None
    voiceofftime: Duration | None = None
    amdtime: Duration | None = None
    spokentime: Duration | None = None
    doubttime: Duration | None = None
    doubtofftime: Duration | None = None
    silencetime: Duration | None = None
    maxruntime: Duration | None = None
    beepontime: Duration | None = None
    beepofftime: Duration | None = None
    beepmodulation: Number | None = None


@dataclass(frozen=True, slots=True)
class CallProgressRequest:
    """What to detect, and which findings the application gets as events."""

    detection: Detection = field(default_factory=Detection)
    events: frozenset[ProgressType] = frozenset(ProgressType)


def progress_of(hint: ProgressHint) -> CallProgressRequest:
    """Return what *hint* asks for; raises ValueError with one sentence."""
    enabled = {name.lower() for name in _split_names(hint.enabled)}
    if not enabled or not enabled <= {"amd", "fax"}:
        raise ValueError("enabled of bvr_callprogress is not amd, fax or both")
    usual = Detection()
    mode = ThresholdMode[hint.thresholdmode.upper()]
    is_ratio = mode is ThresholdMode.RATIO
    threshold = RATIO_PERCENT if is_ratio else usual.threshold
    most = 100.0 if is_ratio else MAX_ENERGY
    detection = Detection(
        finds_machines="amd" in enabled,
        finds_fax="fax" in enabled,
        threshold_mode=mode,
        threshold=_parse_number("threshold", hint.threshold, threshold, most),
        voice_on_ms=_parse_ms("voiceontime", hint.voiceontime, usual.voice_on_ms),
        voice_off_ms=_parse_ms("voiceofftime", hint.voiceofftime, usual.voice_off_ms),
        amd_ms=_parse_ms("amdtime", hint.amdtime, usual.amd_ms),
        spoken_ms=_parse_ms("spokentime", hint.spokentime, usual.spoken_ms),
        doubt_ms=_parse_ms("doubttime", hint.doubttime, usual.doubt_ms),
        doubt_off_ms=_parse_ms("doubtofftime", hint.doubtofftime, usual.doubt_off_ms),
        silence_ms=_parse_ms("silencetime", hint.silencetime, usual.silence_ms),
        max_run_ms=_parse_ms("maxruntime", hint.maxruntime, usual.max_run_ms),
        beep_on_ms=_parse_ms("beepontime", hint.beepontime, usual.beep_on_ms),
        beep_off_ms=_parse_ms("beepofftime", hint.beepofftime, usual.beep_off_ms),
        beep_modulation=_parse_number(
            "beepmodulation", hint.beepmodulation, usual.beep_modulation, 100
        ),
        ends_on=_parse_types(
            "terminationevents", hint.terminationevents, usual.ends_on
        ),
    )
    events = _parse_types("events", hint.events, frozenset(ProgressType))
    return CallProgressRequest(detection, events)


def _split_names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _parse_types(
    member: str, text: str | None, usual: frozenset[ProgressType]
) -> frozenset[ProgressType]:
    if text is None:
        return usual
    try:
        return frozenset(ProgressType(name.lower()) for name in _split_names(text))
    except ValueError as error:
        why = f"{member} of bvr_callprogress names no event: {error}"
        raise ValueError(why) from None


def _parse_ms(member: str, text: str | None, usual_ms: float) -> float:
    if text is None:
        return usual_ms
    milliseconds = parse_seconds(text) * 1000
    if milliseconds > LONGEST_MS:
        raise ValueError(f"{member} of bvr_callprogress is above {LONGEST_MS} ms")
    return milliseconds


def _parse_number(
    member: str, value: float | str | None, usual: float, most: float
) -> float:
    number = usual if value is None else float(value)
    if number > most:
        raise ValueError(f"{member} of bvr_callprogress is above {most:.0f}")
    return number


class CallProgressEvent(msgspec.Struct):
    """One finding, and when it was made, in seconds since 1970."""

    type: ProgressType
    at: float


class VoicemailOutcome(StrEnum):
    """What was done because a machine had answered."""

    HUNG_UP = "hung_up"
    LEFT = "left"  # the whole message
    NOT_LEFT = "not_left"  # or not the whole of it


class VoicemailCue(StrEnum):
    """What the message was begun after."""

    BEEP = "beep"
    SILENCE = "silence"


class VoicemailResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was done because a machine had answered."""

    outcome: VoicemailOutcome
    cue: VoicemailCue | None = None
    detail: Annotated[
        str | None, Meta(description="Why the message was not left, in a sentence.")
    ] = None


class CallProgressResult(msgspec.Struct, omit_defaults=True):
    """The findings of a call whose request asked for them, and who has answered by them."""

    events: list[CallProgressEvent] = msgspec.field(default_factory=list)
    verdict: AnsweredBy | None = None
    tones: list[ToneEvent] = msgspec.field(default_factory=list)
    """Those of the network, most of them before the answer."""
    tone_verdict: ToneVerdict | None = None
    voicemail: VoicemailResult | None = None

    def add(self, finding: CallProgress, at: float) -> None:
        """Add *finding*, made at the time *at* (seconds since 1970), and update the verdict."""
        if finding.type is not None:
            self.events.append(CallProgressEvent(finding.type, at))
            found = [event.type for event in self.events]
            self.verdict = verdict_of(found) or self.verdict


@dataclass(frozen=True, slots=True)
class ProgressOutcome:
    """What was found, as answers show it: events with milliseconds since the answer."""

    verdict: str | None
    events: tuple[tuple[str, float], ...]
    tones: tuple[tuple[str, float], ...] = ()
    """Each with milliseconds since the INVITE."""
    tone_verdict: str | None = None
    voicemail: VoicemailResult | None = None

    @classmethod
    def of(cls, findings: CallProgressResult, answered: float) -> "ProgressOutcome":
        """Convert *findings*; *answered* is seconds since 1970."""
        events = ((event.type.value, event.at - answered) for event in findings.events)
        return cls(
            findings.verdict and findings.verdict.value,
            tuple((name, round(after_s * 1000, 1)) for name, after_s in events),
            voicemail=findings.voicemail,
        )
