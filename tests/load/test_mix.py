"""Mixes: files, their mistakes, and the order of outcomes."""

from collections import Counter
from pathlib import Path

import pytest

from engine.config.toml_file import ConfigurationError
from tests.load.mix import MIXES, SILENCE_S, Mix, Outcome, cycle, read_mix


@pytest.mark.parametrize("name", [file.stem for file in sorted(MIXES.glob("*.toml"))])
def test_mixes_of_ours_can_be_read(name: str) -> None:
    assert read_mix(name).shares


def test_a_mix_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[share]\nanswer = 3\nbusy = 1\n[answer]\nring_ms = 400\n")

    mix = read_mix(str(file))

    assert mix.shares == {Outcome.ANSWER: 3, Outcome.BUSY: 1}
    assert mix.waiting_s[Outcome.ANSWER] == 0.4
    assert mix.mean_waiting_s == pytest.approx(0.3)
    assert mix.longest_s == pytest.approx(0.4 + mix.answer.hold_ms / 1000)


def test_silence_is_told_before_the_call_is_over() -> None:
    mix = Mix.model_validate({"share": {"silence": 1}})

    assert mix.mean_waiting_s == 7.0
    assert mix.longest_s > SILENCE_S > 32


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("[share]\nanswer = 1\nbuzy = 2\n", 3, "buzy"),
        ("[share]\nanswer = -1\n", 2, "greater than or equal to 0"),
        ("[share]\nanswer = 0\n", 1, "some outcome needs a share above 0"),
        ("[share]\nanswer = 1\n[silence]\nring_timeout_ms = 1\n", 4, "1000"),
        ("[share]\nanswer = 1\n[answer]\nhold_ms = 10\n", 3, "the dialer hangs up"),
        ("[share]\nanswer = 1\n[answer]\nhangs_up = 'me'\n", 4, "'dialer' or 'callee'"),
        ("[answer]\nring_ms = 1\n", 1, "share is missing"),
        ("[share\n", 1, "not TOML"),
    ],
)
def test_mistakes_are_told_with_their_line(
    tmp_path: Path, text: str, line: int, said: str
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)

    with pytest.raises(ConfigurationError) as caught:
        read_mix(str(file))

    assert f"{file}:{line}: " in str(caught.value)
    assert said in str(caught.value)


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_mix("no-such-mix")


def test_outcomes_come_as_often_as_their_shares_say_and_evenly() -> None:
    shares = {
        Outcome.ANSWER: 70,
        Outcome.BUSY: 15,
        Outcome.NO_ANSWER: 10,
        Outcome.SILENCE: 5,
    }

    order = cycle(shares)

    assert Counter(order) == {outcome: part // 5 for outcome, part in shares.items()}
    for begin in range(0, len(order), 5):
        assert 3 <= order[begin : begin + 5].count(Outcome.ANSWER) <= 4


def test_one_outcome_alone() -> None:
    assert cycle({Outcome.BUSY: 300}) == [Outcome.BUSY]
