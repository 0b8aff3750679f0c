"""The TypeScript client passes its own tests."""

import json
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.clients.typescript import install_client
from tests.documented import ROOT


@pytest.mark.timeout(300)  # for the compiler
def test_its_tests(tmp_path: Path) -> None:
    package = install_client(tmp_path)
    tests = [str(path) for path in (package / "dist/test").glob("*.test.js")]
    done = subprocess.run(
        ["node", "--test", *tests], capture_output=True, text=True, check=False
    )

    assert len(tests) == len(list((ROOT / "clients/typescript/test").glob("*.test.ts")))
    assert done.returncode == 0, done.stdout


def test_all_clients_have_the_version_of_outring() -> None:
    versions = {
        tomllib.loads((ROOT / folder / "pyproject.toml").read_text())["project"][
            "version"
        ]
        for folder in (".", "clients/python")
    }
    package = json.loads((ROOT / "clients/typescript/package.json").read_text())

    assert versions == {package["version"]}
