"""Forks of a process that has imported ``outring``: each is a process of its own, and begins
without the second of computing that the imports take. A command imports rooms where it uses
them, so all of them are imported here.

Run as a program it is the process that forks. Its standard input is a socket, from which it
reads what to run: a message of JSON, and with it three descriptors: standard output and error,
and a socket, on which the process id is told, and at the end the exit status.
"""

import asyncio
import atexit
import functools
import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import ccxml
import engine
import sip
import vxml

MESSAGE_BYTES = 200_000
ROOT = Path(__file__).parents[2]
WITH_USER_AGENT = {"serve", "callee", "demo"}  # commands
ENVIRONMENT = {"PATH": "/usr/bin:/bin"}  # what is imported must not see a terminal


@functools.cache
def forking_process() -> socket.socket:
    """Start the process that forks, once; the socket that it listens to."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.engine.command_forks"],
            stdin=theirs,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=ENVIRONMENT,
            cwd=ROOT,
        )

    @atexit.register
    def end() -> None:
        ours.close()
        process.kill()
        process.wait()

    return ours


class Fork:
    """A process that runs ``outring …``, with what of ``asyncio.subprocess.Process`` is used."""

    def __init__(self, conversation: socket.socket) -> None:
        """Talk through *conversation* with who waits for the process."""
        conversation.setblocking(False)
        self._conversation = conversation
        self._waits = asyncio.Lock()
        self.pid = 0
        self.returncode: int | None = None
        self.stderr: asyncio.StreamReader | None = None

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal; none if the process has ended."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask for its end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    async def wait(self) -> int:
        """Wait for its end; its exit status, or the negative number of a signal."""
        async with self._waits:
            if self.returncode is None:
                self.returncode = await self.hear()
                self._conversation.close()
        return self.returncode

    async def hear(self) -> int:
        """Read one number: the process id, and then the exit status."""
        loop = asyncio.get_running_loop()
        return int(await loop.sock_recv(self._conversation, 64))


async def fork(
    arguments: Sequence[str], environment: Mapping[str, str], out: int = 1, err: int = 2
) -> Fork:
    """Run ``outring`` with *arguments*, without input; *out* and *err* are descriptors."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    message = json.dumps([os.getcwd(), dict(environment), arguments]).encode()
    with theirs:
        socket.send_fds(forking_process(), [message], [out, err, theirs.fileno()])
    process = Fork(ours)
    process.pid = await process.hear()
    return process


def fork_for_each_message() -> None:
    """Read messages until nobody sends any more; returns in each fork, and there alone."""
    messages = socket.socket(fileno=os.dup(0))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        # A message is read whole: the socket keeps their bounds.
        message, descriptors, _, _ = socket.recv_fds(messages, MESSAGE_BYTES, 3)
        if not message:
            os._exit(0)
        if os.fork() == 0:
            messages.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _run_and_report(json.loads(message), descriptors)
            return
        for descriptor in descriptors:
            os.close(descriptor)


def _run_and_report(
    message: tuple[str, dict[str, str], list[str]], descriptors: list[int]
) -> None:
    """Fork once more: the parent tells how the child ends, and the child returns."""
    out, err, report = descriptors
    if pid := os.fork():
        conversation = socket.socket(fileno=report)
        os.close(out)
        os.close(err)
        conversation.send(str(pid).encode())
        _, status = os.waitpid(pid, 0)
        conversation.send(str(os.waitstatus_to_exitcode(status)).encode())
        os._exit(0)
    os.close(report)
    for number, descriptor in enumerate((os.open(os.devnull, os.O_RDONLY), out, err)):
        os.dup2(descriptor, number)
        os.close(descriptor)
    folder, environment, arguments = message
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[1:] = arguments
    sys.orig_argv = [sys.executable, "-m", "engine", *arguments]


def import_rooms() -> None:
    """Import all modules of the program but for its migrations, which a migration runs."""
    for package in (engine, sip, ccxml, vxml):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in module.name:
                importlib.import_module(module.name)


def freeze() -> None:
    """Keep the collector from what is imported: each fork would copy what it looks at."""
    gc.collect()
    gc.freeze()


def run(main: Callable[[], None]) -> None:
    """Run *main*, and end this process as the interpreter does, or earlier if that is the same.

    The interpreter frees all that was imported, which is a copy of it in each fork and takes
    ten times as long as most commands. A process with a user agent has to stand it: what PJSIP
    does when its objects go at the end is not to be missed.
    """
    try:
        main()
    except SystemExit as end:
        if isinstance(end.code, str) or WITH_USER_AGENT & set(sys.argv):
            raise
        status = end.code or 0
    else:
        status = 0
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    from engine.__main__ import main

    import_rooms()
    freeze()
    fork_for_each_message()
    run(main)
