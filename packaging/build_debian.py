"""Build the Debian packages of outring, for Debian 12 and 13, into ``dist/``.

    build_debian.py [--into FOLDER]

Takes the wheels that build_wheels.py has left there, and the distributions of Python of
``requirements.lock``, each compared with its hash, for the Python of each release. Machine
code that is Debian's stays Debian's, and gets its security updates.
"""

import argparse
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from string import Template
from typing import NamedTuple

from build_wheels import ROOT, read_version, run
from third_party import find_parts

HERE = Path(__file__).resolve().parent / "debian"
WITHOUT_WHEEL = "openapi-ui-bundles"  # of Python and JavaScript alone
NEEDLESS = (
    *("*.c", "*.h", "*.pxd", "*.pyx"),  # what machine code was made of
    *("*/testing", "greenlet/tests"),
    *("openapi_ui_bundles/rapidoc/vendor", "openapi_ui_bundles/redoc/vendor"),
    *("phonenumbers/geodata", "phonenumbers/carrierdata"),  # zones alone are asked for
    *("holidays/locale", "holidays/financial"),  # days, not their names, nor exchanges'
    # Tracebacks, which rich shows, are of Python.
    *("pygments/lexers/[a-oq-z]*.py", "pygments/lexers/p[a-xz]*.py"),
    "pygments/lexers/_*_builtins.py",
)
OURS = ("outring-*.whl", "debian/outring_pjsua2-*.whl")


class Release(NamedTuple):
    """A release of Debian, and the names that differ in it."""

    number: str
    python: str
    next_python: str
    glibc: int
    spandsp: str
    ssl: str


RELEASES = (
    Release("12", "3.11", "3.12", 36, "libspandsp2", "libssl3"),
    Release("13", "3.13", "3.14", 41, "libspandsp2t64", "libssl3t64"),
)


def main() -> None:
    """Build a package for each release."""
    parser = argparse.ArgumentParser(
        description="Build the Debian packages of outring."
    )
    parser.add_argument("--into", type=Path, default=ROOT / "dist")
    folder: Path = parser.parse_args().into.resolve()
    for old in folder.glob("*.deb"):
        old.unlink()
    for release in RELEASES:
        with tempfile.TemporaryDirectory(prefix="outring-debian-") as scratch:
            package = build(release, folder, Path(scratch))
        print(f"packages: {package.relative_to(folder.parent)}")


def build(release: Release, folder: Path, stage: Path) -> Path:
    """Gather what is packed in *stage*, and pack it; return the path of the package."""
    install_python(release, folder, stage)
    for file in HERE.iterdir():
        shutil.copy(file, stage)
    shutil.copy(ROOT / "THIRD-PARTY.md", stage)
    plan = stage / "nfpm.yaml"
    values = release._asdict() | {"version": read_version(), "release": release.number}
    plan.write_text(Template(plan.read_text()).substitute(values))
    target = folder / f"outring_{read_version()}-1~deb{release.number}_amd64.deb"
    nfpm = Path(sys.executable).with_name("nfpm")
    command = [str(nfpm), "package", "--config", "nfpm.yaml", "--packager", "deb"]
    os.umask(0o022)
    run([*command, "--target", str(target)], folder=stage)
    return target


def install_python(release: Release, folder: Path, stage: Path) -> None:
    """Install outring and what it needs below ``lib``, for the Python of *release*."""
    wanted = stage / "requirements.txt"
    wanted.write_text(select_locked({part.name for part in find_parts()}))
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    to = ["install", "--no-deps", "--no-compile", "--target", str(stage / "lib")]
    of = [
        "--only-binary=:all:",
        f"--no-binary={WITHOUT_WHEEL}",
        "--implementation",
        "cp",
        "--python-version",
        release.python,
    ]
    of += [
        f"--platform=manylinux_2_{glibc}_x86_64"
        for glibc in range(release.glibc, 16, -1)
    ]
    of += ["--platform=manylinux2014_x86_64", "--platform=linux_x86_64"]
    run([*pip, *to, *of, "--require-hashes", "-r", str(wanted)])
    ours = [str(next(folder.glob(pattern))) for pattern in OURS]
    run([*pip, *to, *of, "--upgrade", *ours])
    shutil.rmtree(stage / "lib/bin")
    for pattern in NEEDLESS:
        run(["rm", "-rf", *map(str, (stage / "lib").rglob(pattern))])
    libraries = map(str, (stage / "lib").rglob("*.so*"))
    run(["strip", "--strip-unneeded", *libraries])
    wanted.unlink()


def select_locked(names: set[str]) -> str:
    """Return the entries of ``requirements.lock`` for *names*, with their hashes."""
    entries = re.split(r"\n(?=[a-z])", (ROOT / "requirements.lock").read_text())
    return "\n".join(entry for entry in entries if entry.partition("==")[0] in names)


if __name__ == "__main__":
    main()
