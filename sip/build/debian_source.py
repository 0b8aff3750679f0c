"""Fetch source packages of Debian by apt, which checks the archive's signatures."""

import subprocess
import time
from pathlib import Path

ATTEMPTS = 4
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class SourceError(Exception):
    """The source package cannot be had here; the text says why."""


def fetch_source(package: str, suite: str, scratch: Path) -> list[Path]:
    """Fetch what the source package *package* consists of in *suite*, as ``bookworm``.

    The files, sorted by name, lie below the folder *scratch*, where apt keeps its lists
    meanwhile: those of the machine stay as they are. Raises SourceError after four
    attempts.
    """
    folders = {name: scratch / name for name in ("lists", "cache", f"source-{package}")}
    lists, cache, target = folders.values()
    for folder in (lists / "partial", cache / "archives/partial", target):
        folder.mkdir(parents=True, exist_ok=True)
    sources = scratch / "sources.list"
    sources.write_text(f"deb-src [signed-by={KEYRING}] {_find_mirror()} {suite} main\n")
    options = {
        "Dir::Etc::SourceList": sources,
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State::Lists": lists,
        "Dir::Cache": cache,
        "Acquire::Retries": "3",
        "APT::Sandbox::User": "",
    }
    apt = ["apt-get", *(f"-o{name}={value}" for name, value in options.items())]
    _run([*apt, "update"], target)
    _run([*apt, "source", "--download-only", package], target)
    return sorted(target.iterdir())


def _find_mirror() -> str:
    """Return the address of the Debian archive that this machine's apt uses."""
    targets = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(SITE) $(COMPONENT) $(ORIGIN)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for line in targets.splitlines():
        site, component, *_ = [*line.split(" "), ""]
        if component == "main" and "security" not in site:
            return site
    raise SourceError("apt has no entry for the Debian archive here.")


def _run(command: list[str], folder: Path) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, errors="replace"
        )
        if done.returncode == 0:
            return
        if attempt < ATTEMPTS:
            print(f"apt-get failed, trying again ({attempt} of {ATTEMPTS})", flush=True)  # noqa: T201
            time.sleep(3 * attempt)
    tail = "\n".join(done.stderr.splitlines()[-10:])
    raise SourceError(f"apt-get cannot fetch a source package:\n{tail}")
