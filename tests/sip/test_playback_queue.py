"""What a server has said is played in order, and what was late does not stay late."""

import pjsua2

FRAME = 160
TICK = b""
SILENCE = b"\xff" * FRAME


def frame(number: int) -> bytes:
    """A loud frame that is told by its number."""
    return bytes([number % 100 + 1]) * FRAME


def frames(count: int, first: int = 0) -> list[bytes]:
    return [frame(first + number) for number in range(count)]


def play(pushes: list[bytes]) -> list[bytes | None]:
    return pjsua2.outring_play_ticks(pushes)[0]


def waiting(pushes: list[bytes]) -> int:
    """How many frames are played after the last push."""
    played = play([*pushes, *[TICK] * 200])
    return sum(sound is not None for sound in played[len(pushes) :])


def test_in_order_without_a_gap() -> None:
    assert play([b"".join(frames(3)), TICK, TICK, TICK]) == [*frames(3), None]


def test_messages_of_any_length() -> None:
    whole = b"".join(frames(4))
    pushes = [whole[:100], whole[100:350], whole[350:], TICK, TICK]
    played = b"".join(sound or b"" for sound in play(pushes))
    assert played.replace(b"\xff", b"") == whole


def test_end_is_filled_up_with_silence() -> None:
    assert play([frame(1)[:40], TICK]) == [frame(1)[:40] + SILENCE[40:], None]


def test_late_frames_are_counted() -> None:
    _, late = pjsua2.outring_play_ticks([frame(1), TICK, TICK, frame(2)])
    assert late == 2


def test_a_pause_is_not_late() -> None:
    _, late = pjsua2.outring_play_ticks([frame(1), *[TICK] * 11, frame(2)])
    assert late == 0


def test_delay_of_a_real_time_server_goes_again() -> None:
    before = frames(100)
    stall = [*[TICK] * 5, b"".join(frames(6))]
    assert waiting([*before, *stall]) == 5
    assert waiting([*before, *stall, *frames(300)]) == 0


def test_a_server_that_was_away_is_not_late_for_good() -> None:
    stall = [*[TICK] * 200, b"".join(frames(201))]
    heard = [*frames(100), *stall, *frames(400)]
    assert waiting(heard) == 200
    assert 40 <= waiting([*heard, *frames(2500)]) <= 50


def test_what_was_sent_ahead_behind_a_pause_is_kept() -> None:
    pause = [TICK] * 200
    assert waiting([*frames(100), *pause, b"".join(frames(40)), *frames(1500)]) == 39


def test_silence_makes_up_for_delay_at_once() -> None:
    stall = [*[TICK] * 5, b"".join(frames(6))]
    assert waiting([*frames(20), *stall, *frames(5), *[SILENCE] * 12]) <= 1


def test_nothing_of_a_sentence_is_left_out() -> None:
    pushes = [frame(0), TICK, TICK, b"".join(frames(200, 1)), *[TICK] * 250]
    played = [sound for sound in play(pushes) if sound is not None]
    assert played == frames(201)


def test_what_never_was_late_keeps_its_distance() -> None:
    assert waiting([b"".join(frames(10)), *frames(300)]) == 9
