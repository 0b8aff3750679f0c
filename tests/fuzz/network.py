"""A network of the harness's own, so that nothing that it makes can leave this machine.

It has a loopback and nothing else, and every port of it is free. What asks the system's
resolver there asks the name server of the harness.
"""

import ctypes
import fcntl
import os
import socket
import struct
import tempfile
from pathlib import Path

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18
SIOCSIFFLAGS = 0x8914
IFF_UP = 1

_libc = ctypes.CDLL(None, use_errno=True)


def enter_own_network() -> None:
    """Move this process, which must have one thread, into a network of its own.

    Raises OSError where the system does not allow it.
    """
    try:
        _unshare(CLONE_NEWNET | CLONE_NEWNS)
    except PermissionError:
        _unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS)
    _bring_up("lo")
    _ask_loopback_for_names()


def _unshare(flags: int) -> None:
    _check(_libc.unshare(flags), "unshare")


def _bring_up(interface: str) -> None:
    request = struct.pack("16sh14x", interface.encode(), IFF_UP)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, request)


def _ask_loopback_for_names() -> None:
    """Let /etc/resolv.conf name loopback, for this process and its children."""
    _check(_libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "mount /")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "resolv.conf")
        file.write_text("nameserver 127.0.0.1\noptions timeout:10 attempts:1\n")
        _check(
            _libc.mount(os.fsencode(file), b"/etc/resolv.conf", None, MS_BIND, None),
            "mount resolv.conf",
        )


def _check(status: int, what: str) -> None:
    if status != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
