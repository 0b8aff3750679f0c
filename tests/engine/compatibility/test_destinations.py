"""Destinations of transfers that only the platform refuses."""

import pytest

from engine.model.outbound_request import destination_of
from engine.model.result import RefusedError
from sip.errors import SipError
from sip.uri import SipUri


@pytest.mark.parametrize("dest", ["phone://1222", "pstn:1222", "sup:1222", "SIP/1@a"])
def test_other_schemes_are_no_destination(dest: str) -> None:
    with pytest.raises((SipError, RefusedError)):
        destination_of(dest)


@pytest.mark.parametrize("dest", ["tel:+1222", "+1222"])
def test_a_number_is_called_but_not_referred_to(dest: str) -> None:
    assert destination_of(dest) == "+1222"
    with pytest.raises(SipError):
        SipUri.parse(dest)
