"""Collect the sources that have to be offered beside the packages into ``dist/sources/``.

    collect_sources.py [--into FOLDER]

They are of what the packages carry under the GPL and the LGPL, and of libsrtp2.
"""

import argparse
import shutil
import tempfile
from pathlib import Path

from build_wheels import ROOT, SRTP, read_version, run
from debian_source import SourceError, fetch_source
from recipe import CACHE

SOURCE_PACKAGES = (SRTP[0], "spandsp", "jbigkit")
SUITES = (SRTP[1], "sid")  # a mirror may lack what has been superseded


def main() -> None:
    """Collect them."""
    parser = argparse.ArgumentParser(description="Collect the sources of the packages.")
    parser.add_argument("--into", type=Path, default=ROOT / "dist")
    folder: Path = parser.parse_args().into.resolve() / "sources"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    name = f"outring-{read_version()}"
    archive = [
        "git",
        "archive",
        f"--prefix={name}/",
        f"--output={folder}/{name}.tar.gz",
    ]
    run([*archive, "HEAD"])
    for tarball in CACHE.glob("source/*Xpjproject*.tar.*"):
        shutil.copy(tarball, folder)
    with tempfile.TemporaryDirectory(prefix="outring-sources-") as scratch:
        for package in SOURCE_PACKAGES:
            for file in fetch_from_any(package, Path(scratch)):
                shutil.copy(file, folder)
    for file in sorted(folder.iterdir()):
        print(f"packages: {file.relative_to(folder.parent.parent)}")


def fetch_from_any(package: str, scratch: Path) -> list[Path]:
    """Fetch the source package from the first suite that has all of its files."""
    for suite in SUITES[:-1]:
        try:
            return fetch_source(package, suite, scratch / suite)
        except SourceError as error:
            print(f"packages: {package} is not to be had of {suite}: {error}")
    return fetch_source(package, SUITES[-1], scratch / SUITES[-1])


if __name__ == "__main__":
    main()
