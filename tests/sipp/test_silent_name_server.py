"""A name server that is silent: no call waits for the names of another one's far end."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.sipp

LIMIT_S = 60.0
NETWORK = ["unshare", "--net", "--mount"]


def test_no_call_waits_for_names(tmp_path: Path) -> None:
    """Names in descriptions are asked for by nobody; those in headers outside SIP's thread."""
    if os.geteuid() != 0 or subprocess.run([*NETWORK, "true"]).returncode != 0:
        pytest.skip("only root may make a network of its own")
    program = [sys.executable, "-m", "tests.sipp.silent_name_server", str(tmp_path)]
    done = subprocess.run(
        [*NETWORK, *program],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    assert done.returncode == 0, done.stderr
    names = {name.removeprefix("_sip._udp.") for name in done.stdout.split()}
    assert names - {"maddr.example"} == {"route.example"}
