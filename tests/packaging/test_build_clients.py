"""``make packages`` packs both clients with all that they need, and nothing else."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.documented import ROOT

pytestmark = pytest.mark.timeout(300)  # for the compiler


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with both."""
    folder = tmp_path_factory.mktemp("packages")
    script = ROOT / "packaging/build_clients.py"
    subprocess.run([sys.executable, str(script), "--into", str(folder)], check=True)
    return folder


def test_the_wheel_is_installed_and_has_all_that_it_imports(
    packages: Path, tmp_path: Path
) -> None:
    (wheel,) = packages.glob("*.whl")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", str(tmp_path), str(wheel)], check=True)

    program = "import outring_client; print(outring_client.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith(str(tmp_path))


def test_both_clients_are_packed(packages: Path) -> None:
    (wheel,) = packages.glob("outring_client-*-py3-none-any.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "outring_client/py.typed",
        "outring_client/generated/models/record_view.py",
    } <= names
    (archive,) = packages.glob("outring-client-*.tgz")
    with tarfile.open(archive) as package:
        packed = set(package.getnames())
    assert {"package/dist/src/index.js", "package/dist/src/index.d.ts"} <= packed
    assert not [name for name in packed if "/test/" in name]
