"""What the set-up says to somebody who is not root."""

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / "sip/build/debian.sh"
NOBODY = 65534


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_without_root_the_missing_packages_are_named() -> None:
    done = subprocess.run(
        ["sh", "-c", SCRIPT.read_text(), SCRIPT.name, "-"],
        input="base-files\nno-such-package-one\nno-such-package-two\n",
        env={"PATH": os.environ["PATH"]},
        user=NOBODY,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert done.stdout == ""
    assert "missing: no-such-package-one no-such-package-two" in done.stderr
    assert "sudo apt-get install no-such-package-one no-such-package-two" in done.stderr
