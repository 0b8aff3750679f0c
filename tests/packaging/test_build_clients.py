"""``make packages`` packs both clients with all that they need, and nothing else."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.documented import ROOT

pytestmark = pytest.mark.timeout(300)  # for the compiler


def test_both_clients_are_packed(tmp_path: Path) -> None:
    script = ROOT / "packaging/build_clients.py"
    subprocess.run([sys.executable, str(script), "--into", str(tmp_path)], check=True)

    (wheel,) = tmp_path.glob("outring_client-*-py3-none-any.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "outring_client/py.typed",
        "outring_client/generated/models/record_view.py",
    } <= names
    (archive,) = tmp_path.glob("outring-client-*.tgz")
    with tarfile.open(archive) as package:
        packed = set(package.getnames())
    assert {"package/dist/src/index.js", "package/dist/src/index.d.ts"} <= packed
    assert not [name for name in packed if "/test/" in name]
