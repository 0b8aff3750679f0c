from engine.campaigns.running.throttle import LEAST, Throttle


def test_a_refusal_halves_the_share_once_a_second() -> None:
    throttle = Throttle()
    throttle.note_refusal(10.0)
    throttle.note_refusal(10.5)
    assert throttle.share == 0.5
    throttle.note_refusal(11.0)
    assert throttle.share == 0.25


def test_the_share_never_becomes_nothing_and_grows_again() -> None:
    throttle = Throttle()
    for second in range(20):
        throttle.note_refusal(float(second))
    assert throttle.share == LEAST
    throttle.pass_time(0.5, 19.5)
    assert throttle.share == LEAST
    throttle.pass_time(100.0, 120.0)
    assert throttle.share == 1.0
