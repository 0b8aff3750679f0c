"""What the set-up says to somebody who is not root, and what it installs."""

import os
import subprocess
import tomllib
from pathlib import Path

import pytest
from setuptools import find_packages

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "sip/build/debian.sh"
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


def test_every_package_is_installed() -> None:
    """An image has what is listed; a checkout has all of it in any case."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    included = settings["tool"]["setuptools"]["packages"]["find"]["include"]
    found = {
        ".".join(init.parent.relative_to(ROOT).parts)
        for top in ("engine", "sip", "ccxml", "vxml")
        for init in (ROOT / top).rglob("__init__.py")
    }
    assert set(find_packages(str(ROOT), include=included)) == found


def test_the_demo_needs_nothing_that_only_tests_need() -> None:
    done = subprocess.run(
        ["make", "--always-make", "--dry-run", "demo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert "sip/build/debian-packages.txt" in done.stdout
    assert "tests/debian-packages.txt" not in done.stdout
