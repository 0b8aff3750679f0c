"""Reduce the root of the image to what runs there, and list what that is.

Run in the image, once everything is installed, as ``reduce.py LIST``. It keeps the Debian
packages below with what they depend on, and removes the others, the programs that install
packages and the shells among them. The list of parts, LIST, is in the form of CycloneDX
1.6, and dpkg's own database stays true, so that scanners find what is there.
"""

import json
import re
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path
from typing import NamedTuple

KEPT = ("outring", "espeak-ng", "base-files", "base-passwd", "ca-certificates", "libc6", "netbase", "tzdata")  # fmt: skip
NOT_AT_RUN_TIME = {
    "adduser",
    "debconf",
    "dpkg",
    "libdb5.3",  # of Python's dbm
    "libnsl2",  # of Python's nis, and libtirpc3 with it
    "libtirpc3",
    "mawk",
    "init-system-helpers",
    "media-types",
    "openssl",
    "perl-base",
}
STATUS = Path("/var/lib/dpkg/status")
INFO = Path("/var/lib/dpkg/info")
PYTHON = "/usr/lib/outring"
RUBBISH = (
    "usr/share/man",
    "usr/share/info",
    "usr/share/locale",
    "usr/share/i18n",
    "usr/share/lintian",
    "usr/share/X11/locale",
    "usr/share/zoneinfo/posix",
    "usr/share/zoneinfo/right",
    "usr/lib/x86_64-linux-gnu/gconv",
    "usr/lib/outring/pygments/lexers/__pycache__",
    "usr/lib/python3.11/distutils",
    "usr/lib/python3.11/ensurepip",
    "usr/lib/python3.11/lib2to3",
    "usr/lib/python3.11/pydoc_data",
    "var/lib/apt",
    "var/cache/apt",
    "var/cache/debconf",
    "var/lib/dpkg/info",
    "var/log/apt",
)


class Package(NamedTuple):
    """A Debian package that is installed; *stanza* is its text in dpkg's database."""

    name: str
    version: str
    provides: frozenset[str]
    depends: tuple[tuple[str, ...], ...]
    stanza: str


def main() -> None:
    """Reduce, and write the list."""
    packages = read_packages()
    kept = find_needed(packages)
    for package in packages:
        if package.name not in kept:
            remove_files(package.name)
    STATUS.write_text("\n\n".join(p.stanza for p in packages if p.name in kept) + "\n")
    for folder in RUBBISH:
        shutil.rmtree(Path("/", folder), ignore_errors=True)
    for file in Path("/usr/share/doc").rglob("*"):
        if file.is_file() and file.name != "copyright":
            file.unlink()
    parts = [*list_debian(p for p in packages if p.name in kept), *list_python()]
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(describe(parts), indent=1) + "\n")


def read_packages() -> list[Package]:
    """Read dpkg's database."""
    packages = []
    for stanza in STATUS.read_text().strip().split("\n\n"):
        fields = dict(re.findall(r"^([\w-]+): (.*)$", stanza, re.MULTILINE))
        if "installed" not in fields["Status"].split():
            continue
        needs = ", ".join(
            fields[name] for name in ("Depends", "Pre-Depends") if name in fields
        )
        packages.append(
            Package(
                fields["Package"],
                fields["Version"],
                frozenset(read_names(fields.get("Provides", ""), ",")),
                tuple(
                    tuple(read_names(text, "|")) for text in needs.split(",") if text
                ),
                stanza,
            )
        )
    return packages


def read_names(text: str, separator: str) -> list[str]:
    """Return the names of packages in a field of dpkg's, without versions."""
    return [re.split(r"[ (:]", part.strip())[0] for part in text.split(separator)]


def find_needed(packages: list[Package]) -> set[str]:
    """Return the names of those packages that run in the image."""
    by_name = {name: p for p in packages for name in (*p.provides, p.name) if name}
    needed: set[str] = set()
    waiting = list(KEPT)
    while waiting:
        found = by_name.get(waiting.pop())
        if found is None or found.name in needed or found.name in NOT_AT_RUN_TIME:
            continue
        needed.add(found.name)
        waiting += [name for names in found.depends for name in names]
    return needed


def remove_files(package: str) -> None:
    """Remove the files of *package*; folders stay, since others may use them."""
    for listing in (*INFO.glob(f"{package}.list"), *INFO.glob(f"{package}:*.list")):
        for line in listing.read_text().splitlines():
            path = Path(line)
            if path.is_symlink() and path.is_dir() and path.parent == Path("/"):
                continue  # /bin, /lib and the like
            if path.is_symlink() or path.is_file():
                path.unlink()


def list_debian(packages: Iterator[Package]) -> Iterator[dict[str, object]]:
    """Yield a part for each Debian package."""
    for package in packages:
        where = f"pkg:deb/debian/{package.name}@{package.version}?distro=debian-12"
        yield {
            "type": "library",
            "name": package.name,
            "version": package.version,
            "purl": where.replace("+", "%2B")
            .replace(":", "%3A")
            .replace("pkg%3A", "pkg:"),
        }


def list_python() -> Iterator[dict[str, object]]:
    """Yield a part for each distribution of Python."""
    for installed in distributions(path=[PYTHON]):
        name, licence = installed.name.lower(), installed.metadata["License-Expression"]
        part: dict[str, object] = {
            "type": "library",
            "name": name,
            "version": installed.version,
            "purl": f"pkg:pypi/{name}@{installed.version}",
        }
        yield part | ({"licenses": [{"expression": licence}]} if licence else {})


def describe(parts: list[dict[str, object]]) -> dict[str, object]:
    """Return the whole list, of which outring is the subject."""
    (outring,) = (
        p for p in parts if p["name"] == "outring" and "deb" in str(p["purl"])
    )
    others = [part for part in parts if part["name"] != "outring"]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": outring | {"type": "application"}},
        "components": sorted(others, key=lambda part: str(part["purl"])),
    }


if __name__ == "__main__":
    main()
