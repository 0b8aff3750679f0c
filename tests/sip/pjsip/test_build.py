"""The build of pjsua2 that is installed, and what its marker says of it."""

import sys
from types import ModuleType

import pjsua2
import pytest

from sip.errors import AgentConfigurationError
from sip.pjsip.build_info import MIN_CALLS, build_info


def test_the_marker_tells_what_was_compiled() -> None:
    assert build_info().max_calls == pjsua2.outring_max_calls() >= MIN_CALLS


def test_too_small_a_build_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    marker = ModuleType("outring_pjsua2_build")
    marker.__dict__.update(MAX_CALLS=4, PJPROJECT_VERSION="2.17", RECIPE_HASH="x")
    monkeypatch.setitem(sys.modules, marker.__name__, marker)

    with pytest.raises(
        AgentConfigurationError, match=r"carries 4 calls .* at least 256.*make setup"
    ):
        build_info()


def test_a_missing_build_is_told_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "outring_pjsua2_build", None)

    with pytest.raises(
        AgentConfigurationError, match="not installed: run `make setup`"
    ):
        build_info()
