"""Do what a page says, as somebody who has only the page: python -m tests.docs.walkthrough PAGE [TITLE]

The commands of its blocks are run as they stand there, in order, up to the section TITLE: what
goes on, as ``outring serve``, in a terminal of its own. It happens in the working directory and
in a network of its own, in which every port is free. Exit status 77: there can be none.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.documented import ROOT
from tests.fuzz.network import enter_own_network

NOT_POSSIBLE = 77
LIMIT_S = 60.0
BLOCK = re.compile(
    r"^```(?P<language>\w+)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL
)
SAVED = re.compile(r"Save this as `([\w.]+)`.*\n\n$")
INSTALLS = ("make ", "source ")
GOES_ON = {"serve": "serving", "callee": "Call sip:"}
"""Commands that go on, and what each says once it is ready."""


class Walkthrough:
    """Somebody with terminals, who has pasted the key and the token into each."""

    def __init__(self, programs: Path) -> None:
        path = f"{programs}:/usr/bin:/bin"
        self._environment = {**os.environ, "PATH": path, "COLUMNS": "100"}
        self._running: dict[str, subprocess.Popen[str]] = {}

    def follow(self, page: str) -> None:
        """Do all that the blocks of *page* say."""
        for block in BLOCK.finditer(page):
            if block["language"] == "sh":
                self._run(block["text"])
            elif name := SAVED.search(page[: block.start()]):
                Path(name[1]).write_text(block["text"])

    def close(self) -> None:
        """End what still runs."""
        for command in list(self._running):
            self._stop(command)

    def _run(self, block: str) -> None:
        lines = [line for line in block.splitlines() if not line.startswith(INSTALLS)]
        text = "\n".join(lines)
        print(f"\n$ {text}", flush=True)
        goes_on = re.search(r"^(?:\w+=\S+ )?outring (serve|callee)\b", text)
        if goes_on:
            self._start(goes_on[1], text)
        elif lines:
            self._do(text)

    def _do(self, text: str) -> None:
        done = subprocess.run(
            ["/bin/sh", "-e", "-c", text],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        print(done.stdout, flush=True)
        assert done.returncode == 0, f"{text} ends with {done.returncode}"
        for name, value in re.findall(r"^ *export (\w+)=(\S+)", done.stdout, re.M):
            self._environment[name] = value
        if done.stdout.startswith("{"):
            answer = json.loads(done.stdout)
            assert answer.get("result", "Call connected") == "Call connected", answer

    def _start(self, command: str, text: str) -> None:
        """Start what goes on, in place of what was started so before; wait until it is ready."""
        self._stop(command)
        process = subprocess.Popen(
            ["/bin/sh", "-c", f"exec env {text}"],
            env={**self._environment, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._running[command] = process
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            if GOES_ON[command] in line:
                return
        raise AssertionError(f"{text} has ended")

    def _stop(self, command: str) -> None:
        if process := self._running.pop(command, None):
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=LIMIT_S)
            print(out, flush=True)


def main() -> None:
    """Follow the page that the command line names."""
    page = (ROOT / sys.argv[1]).read_text()
    if len(sys.argv) > 2:
        page, found, _ = page.partition(f"\n{sys.argv[2]}\n")
        assert found, sys.argv[2]
    try:
        enter_own_network()
    except OSError:
        raise SystemExit(NOT_POSSIBLE) from None
    with tempfile.TemporaryDirectory() as programs:
        program = Path(programs, "outring")
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m engine "$@"\n')
        program.chmod(0o755)
        walkthrough = Walkthrough(Path(programs))
        try:
            walkthrough.follow(page)
        finally:
            walkthrough.close()


if __name__ == "__main__":
    main()
