"""Does the first steps of the README, as they are written, in a network of its own.

    unshare --net python -m tests.first_steps FOLDER

prints what ``outring call`` has printed. Every port is free there, as on the machine of
somebody who begins.
"""

import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
LIMIT_S = 60.0
READY = {"outring serve": b'"serving"', "outring callee": b"Call sip:"}
"""What a command that goes on prints once it is ready."""


def commands() -> list[str]:
    """The commands of the section, in order."""
    readme = (ROOT / "README.md").read_text()
    section = readme.partition("\n## First steps\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def run(command: str, folder: Path, environment: dict[str, str]) -> str:
    """Run a command to its end; what it prints."""
    done = subprocess.run(
        shlex.split(command),
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=LIMIT_S,
    )
    assert done.returncode == 0, (command, done.stdout)
    return done.stdout


@contextmanager
def running(command: str, folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """Run a command that goes on, until the block is left."""
    log = folder / f"{command.split()[1]}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            shlex.split(command),
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
    try:
        deadline = time.monotonic() + LIMIT_S
        while READY[command] not in log.read_bytes():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(LIMIT_S)


def do_all(folder: Path, environment: dict[str, str]) -> str:
    """Do every step; what the last one prints."""
    init, apply, check, serve, callee, call = commands()
    shown = run(init, folder, environment)
    environment |= dict(re.findall(r"export (\w+)=(\S+)", shown))
    run(apply, folder, environment)
    run(check, folder, environment)
    with running(serve, folder, environment), running(callee, folder, environment):
        return run(call, folder, environment)


def put_on_path(folder: Path) -> str:
    """Make a program ``outring`` of this source in *folder*; the PATH that finds it."""
    program = folder / "outring"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m engine "$@"\n')
    program.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


if __name__ == "__main__":
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    place = Path(sys.argv[1])
    (programs := place / "bin").mkdir()
    (own := place / "own").mkdir()
    print(
        do_all(
            own,
            {
                "PATH": put_on_path(programs),
                "PYTHONPATH": str(ROOT),
                "OUTRING_LOG_FORMAT": "json",
                "OUTRING_MEDIA_CACHE_DIR": str(place / "sounds"),
            },
        )
    )
