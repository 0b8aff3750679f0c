"""Voicemail: what a request wants done if a machine answers, and what was done. Pure."""

from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ccxml.xml.durations import parse_seconds
from sip.call_progress import AnsweredBy, Detection, ProgressType

from .call_progress import CallProgressRequest, Duration, VoicemailCue
from .disposition import EndRequester

MOST_TEXT = 2000  # characters
LONGEST_WAIT_S = 300.0
USUAL_WAIT_S = 60.0
LONGEST_SILENCE_S = 60.0
USUAL_SILENCE_S = 4.0
SCREEN_S = 10.0
"""A call on which nobody has spoken for so long is the application's."""
PEOPLE = frozenset((AnsweredBy.HUMAN, AnsweredBy.FAX, AnsweredBy.UNKNOWN))
"""Whoever is no machine, as far as is known."""
ANYBODY = frozenset(AnsweredBy)
USUAL_DETECTION = Detection(spoken_ms=3250, doubt_ms=1500, beep_on_ms=60)
"""Where ``bvr_callprogress`` says nothing: it costs nobody an event to be more careful."""


class VoicemailHint(msgspec.Struct, forbid_unknown_fields=True):
    """Deals with an answering machine; a person goes on to the application."""

    onMachine: Annotated[  # noqa: N815
        Literal["hangup", "speak"],
        Meta(description="What is done once a machine has answered."),
    ]
    sound: Annotated[
        Annotated[str, Meta(min_length=1, max_length=4096)] | None,
        Meta(
            description="URI of a WAV file to play, relative to that of the document."
        ),
    ] = None
    text: Annotated[
        Annotated[str, Meta(min_length=1, max_length=MOST_TEXT)] | None,
        Meta(description="To be spoken."),
    ] = None
    voice: Annotated[
        str | None, Meta(description="Language or name of the voice that speaks.")
    ] = None
    maxWait: Annotated[  # noqa: N815
        Duration | None,
        Meta(description="Longest wait for the end of the greeting; 60s."),
    ] = None
    silence: Annotated[
        Duration | None,
        Meta(description="So much silence stands for a beep; 4s."),
    ] = None


@dataclass(frozen=True, slots=True)
class VoicemailMessage:
    """What is to be left: a sound by its URI, or a text with the voice that speaks it."""

    sound: str | None
    text: str | None = None
    voice: str | None = None
    max_wait_s: float = USUAL_WAIT_S
    """From the verdict to the beep."""


@dataclass(frozen=True, slots=True)
class VoicemailRequest:
    """What to do if a machine answers."""

    message: VoicemailMessage | None
    """None: hang up."""
    screen_s: float
    """How long a call may stay undecided before it counts as ``AnsweredBy.UNKNOWN``."""
    passed: frozenset[AnsweredBy] = PEOPLE
    """Whose call is the application's."""
    requester: EndRequester = EndRequester.CLIENT
    """Who has the call of a machine hung up."""


class Screening(Enum):
    """What a finding says of a call that is still screened."""

    UNDECIDED = auto()
    MACHINE = auto()
    OTHER = auto()  # the application's: usually a person, a fax, or nobody knows


def screen(
    found: ProgressType | None, passed: frozenset[AnsweredBy] = PEOPLE
) -> Screening:
    """Return what *found* decides; None is the end of the detection.

    *passed* is whose call is the application's; anybody else counts as a machine.
    """
    answered_by = AnsweredBy.UNKNOWN if found is None else _SHOWS[found]
    may_be_other = found is ProgressType.POTENTIAL_MACHINE
    if answered_by is None or (may_be_other and answered_by in passed):
        return Screening.UNDECIDED  # to be sure takes only time
    return Screening.OTHER if answered_by in passed else Screening.MACHINE


_SHOWS = {
    ProgressType.POTENTIAL_MACHINE: AnsweredBy.MACHINE,
    ProgressType.MACHINE: AnsweredBy.MACHINE,
    ProgressType.BEEP: AnsweredBy.MACHINE,
    ProgressType.SILENCE: AnsweredBy.MACHINE,
    ProgressType.POTENTIAL_BEEP: None,
    ProgressType.HUMAN: AnsweredBy.HUMAN,
    ProgressType.FAX: AnsweredBy.FAX,
    ProgressType.UNKNOWN: AnsweredBy.UNKNOWN,
}

CUES = {
    ProgressType.BEEP: VoicemailCue.BEEP,
    ProgressType.SILENCE: VoicemailCue.SILENCE,
}
"""The findings after which a message is begun."""


def voicemail_of(
    hint: VoicemailHint, progress: CallProgressRequest | None
) -> tuple[VoicemailRequest, CallProgressRequest]:
    """Return what *hint* asks for, and the call progress analysis that it needs.

    *progress* is what ``bvr_callprogress`` asks for; its limits hold, but it ends only
    when the voicemail needs it no more. Raises ValueError with one sentence that says
    what to do.
    """
    silence_s = _parse_s("silence", hint.silence, USUAL_SILENCE_S, LONGEST_SILENCE_S)
    return screening_of(_message_of(hint), progress, silence_s=silence_s)


def screening_of(
    message: VoicemailMessage | None,
    progress: CallProgressRequest | None,
    *,
    silence_s: float = USUAL_SILENCE_S,
    passed: frozenset[AnsweredBy] = PEOPLE,
) -> tuple[VoicemailRequest, CallProgressRequest]:
    """Return what has *message* left to whoever is not *passed* on to the application, and
    the call progress analysis that it needs; None: they are hung up.

    *progress*: see ``voicemail_of``. *silence_s* of silence stand for a beep. Raises
    ValueError if *progress* does not look for machines.
    """
    if progress is not None and not progress.detection.finds_machines:
        raise ValueError("voicemail needs amd among enabled of bvr_callprogress")
    detection, screen_s = USUAL_DETECTION, SCREEN_S
    if progress is not None:
        detection = progress.detection
        screen_s = detection.max_run_ms / 1000
    wait_s = 0.0 if message is None else message.max_wait_s
    detection = replace(
        detection,
        silence_ms=silence_s * 1000,
        max_run_ms=(screen_s + wait_s + 1) * 1000,
        ends_on=Detection().ends_on | {ProgressType.SILENCE},
    )
    told = frozenset[ProgressType]() if progress is None else progress.events
    request = VoicemailRequest(message, screen_s, passed)
    return request, CallProgressRequest(detection, told)


def _message_of(hint: VoicemailHint) -> VoicemailMessage | None:
    if hint.onMachine == "hangup":
        members = (hint.sound, hint.text, hint.voice, hint.maxWait, hint.silence)
        if any(member is not None for member in members):
            raise ValueError(
                "voicemail with onMachine hangup takes no other member; to leave a"
                " message, set onMachine to speak"
            )
        return None
    if (hint.sound is None) == (hint.text is None):
        raise ValueError(
            "voicemail with onMachine speak needs a message: give either sound or text"
        )
    if hint.voice is not None and hint.text is None:
        raise ValueError("voice of voicemail speaks a text: give text, or no voice")
    wait_s = _parse_s("maxWait", hint.maxWait, USUAL_WAIT_S, LONGEST_WAIT_S)
    return VoicemailMessage(hint.sound, hint.text, hint.voice, wait_s)


def _parse_s(member: str, text: str | None, usual_s: float, most_s: float) -> float:
    if text is None:
        return usual_s
    seconds = parse_seconds(text)
    if not 1 <= seconds <= most_s:
        raise ValueError(
            f"{member} of voicemail is {text}: give from 1s to {most_s:.0f}s"
        )
    return seconds
