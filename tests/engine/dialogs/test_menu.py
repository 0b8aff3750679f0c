"""Menus, step by step: happenings and time in, commands out."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.dialogs.dialog import (
    Command,
    DialogInputEvent,
    DigitPressed,
    EndRecording,
    EventReceived,
    ExitDialog,
    FailDialog,
    HungUp,
    Notify,
    PlayPrompts,
    PromptDone,
    RecordingDone,
    SpeechPrompt,
    StartRecording,
    StopPrompts,
    Terminated,
)
from engine.dialogs.digit_rules import DigitRules, Expected, compile_pattern
from engine.dialogs.menu import ANY_DIGIT, MenuDefinition, MenuDialog, Phase
from sip.media import Stop

ASK = (SpeechPrompt("Press one."),)
NOTHING = (SpeechPrompt("I hear nothing."),)
WRONG = (SpeechPrompt("That is wrong."),)
THANKS = (SpeechPrompt("Thank you."),)
SORRY = (SpeechPrompt("Good bye."),)
KEPT = (SpeechPrompt("It is kept."),)

SAID = PromptDone(Stop.FINISHED)
ONE = DigitRules()
RECORD = StartRecording(max_ms=5000, silence_ms=1000, stops_on="#")


class Caller:
    """Someone in a menu, and the time."""

    def __init__(self, digits: DigitRules | None = ONE, **fields: Any) -> None:
        self.dialog = MenuDialog(MenuDefinition(prompts=ASK, digits=digits, **fields))
        self.now = 100.0
        self.commands = self.dialog.start(self.now)

    def does(self, *happenings: DialogInputEvent) -> list[Command]:
        """What the last of these leads to."""
        for event in happenings:
            self.commands = self.dialog.receive(event, self.now)
        return self.commands

    def presses(self, digits: str) -> list[Command]:
        """What the last of these digits leads to."""
        return self.does(*map(DigitPressed, digits))

    def waits(self, seconds: float) -> list[Command]:
        """What so much time leads to."""
        self.now += seconds
        due = self.dialog.next_timer()
        is_due = due is not None and due <= self.now
        self.commands = self.dialog.handle_timer(self.now) if is_due else []
        return self.commands

    @property
    def values(self) -> dict[str, Any]:
        """Those of the exit that has just come."""
        last = self.commands[-1]
        assert isinstance(last, ExitDialog), self.commands
        assert self.dialog.phase is Phase.OVER
        assert self.dialog.next_timer() is None
        return dict(last.values)


def digits(
    least: int = 1, most: int = 1, end: str = "", *allowed: str, pattern: str = ""
) -> DigitRules:
    """Rules of digits."""
    matches = compile_pattern(pattern) if pattern else None
    return DigitRules(least, most, end, frozenset(allowed), matches)


# -- digits ------------------------------------------------------------------------


def test_a_digit_after_the_prompt() -> None:
    caller = Caller()

    assert caller.commands == [PlayPrompts([*ASK], ANY_DIGIT)]
    assert caller.does(SAID) == []
    caller.presses("1")
    assert caller.values == {"result": "match", "digits": "1", "tries": 1}


def test_a_digit_ends_the_prompt() -> None:
    caller = Caller()

    first, _ = caller.presses("1")
    assert first == StopPrompts()
    assert caller.values["digits"] == "1"


def test_the_end_of_the_prompt_may_be_told_before_the_digit_that_ended_it() -> None:
    caller = Caller(digits(2, 2))

    assert caller.does(PromptDone(Stop.DIGIT)) == []
    assert caller.presses("1") == []
    caller.presses("2")
    assert caller.values["digits"] == "12"


def test_no_bargein() -> None:
    caller = Caller(bargein=False)

    assert caller.commands == [PlayPrompts([*ASK], "")]
    assert caller.presses("1") == []
    caller.does(SAID)
    caller.presses("2")
    assert caller.values["digits"] == "2"


@pytest.mark.parametrize(
    ("rules", "sent", "result", "kept"),
    [
        (digits(1, 4, "#"), "12#", "match", "12"),
        (digits(1, 4, "#"), "#", "nomatch", ""),
        (digits(3, 4, "#"), "12#", "nomatch", "12"),
        (digits(1, 4, "*#"), "1*", "match", "1"),
        (digits(4, 4), "1234", "match", "1234"),
        (digits(1, 2, "#"), "12#", "match", "12"),
        (digits(1, 2, "#"), "123", "nomatch", "123"),
        (digits(1, 1, "", "1", "2"), "2", "match", "2"),
        (digits(1, 1, "", "1", "2"), "3", "nomatch", "3"),
        (digits(1, 3, "", "1", "12", "123"), "13", "nomatch", "13"),
        (digits(1, 3, "", "1", "12", "123"), "123", "match", "123"),
        (digits(2, 2, "", "11", "12"), "11", "match", "11"),
        (digits(2, 2, "", "11", "12"), "2", "nomatch", "2"),
        (digits(4, 4, pattern="[0-9]{3}[02468]"), "1234", "match", "1234"),
        (digits(4, 4, pattern="[0-9]{3}[02468]"), "1235", "nomatch", "1235"),
        (digits(1, 1), "*", "match", "*"),
    ],
)
def test_which_digits_fit(rules: DigitRules, sent: str, result: str, kept: str) -> None:
    caller = Caller(rules, tries=1)
    caller.does(SAID)

    caller.presses(sent)

    assert caller.values == {"result": result, "digits": kept, "tries": 1}


def test_time_decides_where_more_could_follow() -> None:
    caller = Caller(digits(1, 3), interdigit_s=2.0)
    caller.does(SAID)

    assert caller.presses("1") == []
    assert caller.waits(1.9) == []
    assert caller.presses("2") == []
    assert caller.waits(1.9) == []
    caller.waits(0.2)
    assert caller.values == {"result": "match", "digits": "12", "tries": 1}


def test_a_short_time_decides_where_only_the_terminator_could_follow() -> None:
    caller = Caller(digits(1, 2, "#"), interdigit_s=9.0, final_s=0.5)
    caller.does(SAID)

    assert caller.presses("12") == []
    caller.waits(0.5)
    assert caller.values["digits"] == "12"


def test_too_few_digits_in_time() -> None:
    caller = Caller(digits(3, 3), tries=1)
    caller.does(SAID, DigitPressed("1"))

    caller.waits(3.0)
    assert caller.values == {"result": "nomatch", "digits": "1", "tries": 1}


@given(st.text("0123456789*#ABCD", max_size=8), st.integers(1, 4), st.integers(0, 3))
def test_digits_are_decided_as_soon_as_they_can_be(
    sent: str, least: int, more: int
) -> None:
    rules = digits(least, least + more, "#")
    kept, what = "", Expected.DIGITS
    for at, digit in enumerate(sent):
        kept, what = rules.add_digit(kept, digit)
        if what is Expected.NOTHING:
            assert digit == "#" or at == rules.most
            break
        assert kept == sent[: at + 1]
        assert (what is Expected.TERMINATOR) == (len(kept) == rules.most)
    assert rules.accepts(kept) == (rules.least <= len(kept) <= rules.most)


# -- tries -------------------------------------------------------------------------


def test_nothing_then_wrong_then_nothing_more() -> None:
    caller = Caller(
        digits(1, 1, "", "1"), noinput=NOTHING, nomatch=WRONG, failed=SORRY, tries=3
    )
    caller.does(SAID)

    assert caller.waits(5.0) == [
        Notify("noinput", {"digits": "", "tries": 1}),
        PlayPrompts([*NOTHING, *ASK], ANY_DIGIT),
    ]
    caller.does(SAID)
    assert caller.presses("2") == [
        Notify("nomatch", {"digits": "2", "tries": 2}),
        PlayPrompts([*WRONG, *ASK], ANY_DIGIT),
    ]
    caller.does(SAID)
    assert caller.waits(5.0) == [
        Notify("noinput", {"digits": "", "tries": 3}),
        PlayPrompts(SORRY),
    ]
    assert caller.presses("1") == []
    caller.does(SAID)
    assert caller.values == {"result": "noinput", "digits": "", "tries": 3}


def test_a_second_try_that_fits() -> None:
    caller = Caller(digits(1, 1, "", "1"), match=THANKS)
    caller.presses("9")

    assert caller.presses("1") == [StopPrompts(), PlayPrompts(THANKS)]
    caller.does(SAID)
    assert caller.values == {"result": "match", "digits": "1", "tries": 2}


def test_no_time_at_all() -> None:
    caller = Caller(initial_s=0.0, tries=1)
    caller.does(SAID)
    caller.waits(0.0)
    assert caller.values["result"] == "noinput"


# -- recording and the rest --------------------------------------------------------


def test_what_only_speaks() -> None:
    caller = Caller(None)

    assert caller.commands == [PlayPrompts([*ASK], "")]
    assert caller.presses("1") == []
    caller.does(SAID)
    assert caller.values == {"result": "played"}


def test_what_only_records() -> None:
    caller = Caller(None, record=RECORD, recorded=KEPT)

    assert caller.does(SAID) == [RECORD]
    assert caller.presses("1#") == []
    assert caller.does(RecordingDone(Stop.SILENCE, "d.wav", 4200)) == [
        PlayPrompts(KEPT)
    ]
    caller.does(SAID)
    assert caller.values == {
        "result": "recorded",
        "recording": {"name": "d.wav", "duration_ms": 4200, "stop": "silence"},
    }


def test_digits_and_a_recording() -> None:
    caller = Caller(match=THANKS, record=RECORD)
    caller.presses("1")

    assert caller.does(SAID) == [RECORD]
    caller.does(RecordingDone(Stop.LIMIT, "d.wav", 5000))
    assert caller.values["result"] == "match"
    assert caller.values["recording"]["stop"] == "limit"


def test_a_sound_or_recording_that_fails() -> None:
    caller = Caller(record=RECORD)
    assert caller.does(PromptDone(Stop.FAILED, reason="It is gone.")) == [
        FailDialog("It is gone.")
    ]

    caller = Caller(None, record=RECORD)
    caller.does(SAID)
    failed = RecordingDone(Stop.FAILED, "d.wav", reason="The disk is full.")
    assert caller.does(failed) == [FailDialog("The disk is full.")]


# -- an end from outside, at every step --------------------------------------------

STEPS: dict[Phase, tuple[DialogInputEvent, ...]] = {
    Phase.ASKING: (),
    Phase.WAITING: (SAID,),
    Phase.COLLECTING: (SAID, DigitPressed("1")),
    Phase.CONFIRMING: (SAID, DigitPressed("1"), DigitPressed("2")),
    Phase.RECORDING: (SAID, DigitPressed("1"), DigitPressed("2"), SAID),
    Phase.ENDING: (
        *(SAID, DigitPressed("1"), DigitPressed("2"), SAID),
        RecordingDone(Stop.SILENCE, "d.wav", 10),
    ),
}
DECIDED = {Phase.CONFIRMING, Phase.RECORDING, Phase.ENDING}


def at(phase: Phase) -> Caller:
    """A caller who is there."""
    caller = Caller(digits(2, 2), match=THANKS, record=RECORD, recorded=KEPT)
    caller.does(*STEPS[phase])
    assert caller.dialog.phase is phase
    return caller


@pytest.mark.parametrize("phase", STEPS)
def test_a_hang_up_is_the_end_at_once(phase: Phase) -> None:
    caller = at(phase)

    caller.does(HungUp())

    assert caller.values["result"] == ("match" if phase in DECIDED else "hangup")
    assert ("recording" in caller.values) == (phase is Phase.ENDING)
    assert caller.does(SAID, DigitPressed("1"), HungUp(), Terminated()) == []


@pytest.mark.parametrize("phase", STEPS)
def test_a_termination_brings_the_values_so_far(phase: Phase) -> None:
    caller = at(phase)

    if caller.does(Terminated()) == [EndRecording()]:
        assert phase is Phase.RECORDING
        caller.does(RecordingDone(Stop.ASKED, "d.wav", 900))

    assert caller.values["result"] == ("match" if phase in DECIDED else "terminated")
    assert len(caller.values["digits"]) == (
        2 if phase in DECIDED else phase is Phase.COLLECTING
    )
    assert ("recording" in caller.values) == (phase in (Phase.RECORDING, Phase.ENDING))


EVERYTHING = st.one_of(
    st.sampled_from([SAID, PromptDone(Stop.DIGIT), EventReceived("x", {})]),
    st.sampled_from("0123456789*#ABCD").map(DigitPressed),
    st.just(RecordingDone(Stop.SILENCE, "d.wav", 1)),
    st.floats(0, 10),
)


@given(st.lists(EVERYTHING, max_size=60), st.booleans(), st.integers(1, 3))
def test_whatever_happens(
    steps: list[DialogInputEvent | float], bargein: bool, tries: int
) -> None:
    """It ends once, never says two things in one step, and always on a hang-up."""
    caller = Caller(
        digits(1, 3, "#", "1", "12", "999"),
        bargein=bargein,
        tries=tries,
        match=THANKS,
        failed=SORRY,
        record=RECORD,
    )
    commands = list(caller.commands)
    for step in steps:
        # What has not begun does not end, either.
        is_recording = caller.dialog.phase is Phase.RECORDING
        if isinstance(step, RecordingDone) and not is_recording:
            continue
        if isinstance(step, PromptDone) and is_recording:
            continue
        new = caller.waits(step) if isinstance(step, float) else caller.does(step)
        assert sum(isinstance(command, PlayPrompts) for command in new) <= 1
        commands += new
    commands += caller.does(HungUp())

    ends = [
        command for command in commands if isinstance(command, ExitDialog | FailDialog)
    ]
    assert ends == [commands[-1]]
    assert caller.dialog.phase is Phase.OVER
