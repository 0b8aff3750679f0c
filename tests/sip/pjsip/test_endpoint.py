"""How large PJSIP is made."""

import re
from pathlib import Path

import pytest

from sip.agent import AgentConfig
from sip.pjsip.endpoint import MAX_MEDIA_PORTS, make_endpoint_config

SIZES = Path(__file__).parents[3] / "sip/build/config_site.h"


def test_there_are_as_many_media_ports_as_pjsip_is_built_for() -> None:
    built = re.search(r"^#define PJSUA_MAX_CONF_PORTS (\d+)", SIZES.read_text(), re.M)
    assert built is not None
    assert int(built[1]) == MAX_MEDIA_PORTS


@pytest.mark.parametrize(("calls", "ports"), [(8, 141), (2000, MAX_MEDIA_PORTS)])
def test_a_call_has_ports_for_its_recording(calls: int, ports: int) -> None:
    config = make_endpoint_config(AgentConfig(max_calls=calls))
    assert config.medConfig.maxMediaPorts == ports
