"""Write ``THIRD-PARTY.md``: what outring's packages carry of others, and its licences.

    third_party.py [--check]

The Python distributions are those of ``requirements.lock`` that the program needs, as they
are installed beside this interpreter; the libraries in machine code are those of
``third_party.toml``. With ``--check`` nothing is written, and the exit status says whether
the file is as it would be.
"""

import argparse
import sys
import tomllib
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "THIRD-PARTY.md"
LISTED = Path(__file__).with_name("third_party.toml")
EXTRAS = ("postgresql", "redis")


class Part(NamedTuple):
    """A distribution of Python that the program needs."""

    name: str
    version: str
    licence: str


def main() -> None:
    """Write the page, or compare it."""
    parser = argparse.ArgumentParser(description="Write THIRD-PARTY.md.")
    parser.add_argument("--check", action="store_true")
    text = write_page()
    if not parser.parse_args().check:
        PAGE.write_text(text)
    elif text != PAGE.read_text():
        sys.exit("packages: THIRD-PARTY.md is not of today: run `make third-party`.")


def write_page() -> str:
    """Return the text of the page."""
    listed = tomllib.loads(LISTED.read_text())
    libraries = [
        f"| {each['name']} | {each['licence']} | {each['purpose']} | {each['carried_by']} |"
        for each in listed["library"]
    ]
    parts = [
        f"| {part.name} | {part.version} | {listed['licence'].get(part.name, part.licence)} |"
        for part in find_parts()
    ]
    return (
        str(listed["text"])
        .lstrip()
        .format(libraries="\n".join(libraries), distributions="\n".join(parts))
    )


def find_parts() -> list[Part]:
    """Return the distributions that the program needs, whatever needs them, by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    optional = project["optional-dependencies"]
    wanted_first = [
        *project["dependencies"],
        *(text for e in EXTRAS for text in optional[e]),
    ]
    found: dict[str, Distribution] = {}
    waiting = [Requirement(text) for text in wanted_first]
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        installed = distribution(name)
        found[name] = installed
        for text in installed.requires or ():
            needed = Requirement(text)
            if canonicalize_name(needed.name) not in found and is_needed(
                needed, wanted
            ):
                waiting.append(needed)
    return [
        Part(name, installed.version, read_licence(installed))
        for name, installed in sorted(found.items())
    ]


def is_needed(requirement: Requirement, of: Requirement) -> bool:
    """Tell whether *of*, with its extras, needs *requirement* on this system."""
    if requirement.marker is None:
        return True
    return any(
        requirement.marker.evaluate({"extra": extra}) for extra in ("", *of.extras)
    )


def read_licence(installed: Distribution) -> str:
    """Return what a distribution says of its licence: an expression of SPDX or a name."""
    metadata = installed.metadata
    expression = metadata.get("License-Expression")
    classifiers = [
        text.rpartition(" :: ")[2]
        for text in metadata.get_all("Classifier", [])
        if text.startswith("License ::") and text != "License :: OSI Approved"
    ]
    given = (metadata.get("License") or "").strip().splitlines()
    return expression or " or ".join(classifiers) or (given[0] if given else "not said")


if __name__ == "__main__":
    main()
