"""Q.850 causes in Reason values."""

import pytest

from sip.reason import q850_cause


@pytest.mark.parametrize(
    ("value", "cause"),
    [
        ("Q.850;cause=16", 16),
        ('q.850 ; text="Busy" ; cause = 17', 17),
        ('SIP;cause=486;text="Busy Here", Q.850;cause=17;text="User busy"', 17),
        ("SIP;cause=487", None),
        ("Q.850;text=nothing", None),
        ("Q.850, SIP;cause=16", None),
        ("Q.850;cause=999", None),
        ("", None),
    ],
)
def test_q850_cause(value: str, cause: int | None) -> None:
    assert q850_cause(value) == cause
