"""Calls while strangers flood the SIP port, in short; ``python -m tests.load.flood`` has figures."""

from pathlib import Path

import pytest

from tests.load.flood import arguments_of, compare
from tests.load.platforms import Shape
from tests.load.run import Offer
from tests.load.strangers import KINDS, garbage

pytestmark = [pytest.mark.sipp, pytest.mark.load, pytest.mark.timeout(180)]

MEMORY_MB = 30.0  # of 4,000 subscriptions alone PJSIP would keep 190 MB


async def test_no_call_is_lost_and_nothing_is_kept(tmp_path: Path) -> None:
    patient = Shape(overload_wait_ms=60_000)  # however slow the machine is
    offer = Offer(seconds=2, rate=50)
    made = await compare(tmp_path, patient, offer, 5000, lambda _: None)
    flooded = made.flooded

    assert made.wrongs == []
    # Where the process gets no processor for long, the kernel drops some.
    assert 1000 < made.refused < flooded.sent
    assert 1000 < flooded.answers <= flooded.sent - flooded.garbage
    assert flooded.answer_bytes <= flooded.sent_bytes
    quiet, noisy = made.quiet.dialer[0], made.noisy.dialer[0]
    assert noisy.most_mb < quiet.most_mb + MEMORY_MB


def test_a_stranger_is_like_no_other() -> None:
    messages = [kind(number, 5060) for number in range(100) for kind in KINDS]

    assert len(set(messages)) == len(messages)
    assert not garbage(1, 5060).startswith((b"SIP", b"INVITE"))


@pytest.mark.parametrize("seconds", ["0", "1000"])
def test_no_load_is_longer_than_allowed(
    seconds: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        arguments_of(["--seconds", seconds])
    assert "--seconds is 1 to 300" in capsys.readouterr().err
