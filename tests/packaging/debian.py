"""A bare Debian in a folder of its own, and ``outring`` as it runs there.

It shares the network of this machine, so that its calls stay on loopback.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "outring"
KEY = "key-of-the-package"
PORTS = {"OUTRING_HTTP_PORT": "9798", "OUTRING_SIP_LISTEN": "udp:127.0.0.1:5160"}
CALLEE = "127.0.0.1:5170"
PLATFORM = f"""
[[account]]
id = "acme"

[[application]]
id = "hello"
account = "acme"

[[key]]
key = "{KEY}"
application = "hello"
"""
LIMIT_S = 300


class Debian:
    """A bare Debian; commands run there as in a chroot."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def run(self, *command: str, user: str = "root", **variables: str) -> str:
        """Run *command* in its folder ``/srv``; what it printed. Fails with that."""
        done = subprocess.run(
            self._enter(user, command),
            env=self._environment(variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}"
        return done.stdout

    def install(self, *packages: str) -> None:
        """Install Debian packages, names or paths, with what they need."""
        apt = (
            "apt-get",
            "-qq",
            "-y",
            "-oAcquire::Retries=3",
            "--no-install-recommends",
        )
        self.run(*apt, "update")
        self.run(*apt, "install", *packages, DEBIAN_FRONTEND="noninteractive")

    @contextmanager
    def serving(self, program: str, user: str = "root") -> Iterator[None]:
        """Run ``outring serve`` and ``outring callee`` of *program*.

        In the end the former drains at SIGTERM, and ends with status 0.
        """
        (self.root / "srv/platform.toml").write_text(PLATFORM)
        self.run(program, "apply", "/srv/platform.toml", user=user, **PORTS)
        callee = (
            program,
            "callee",
            "--listen",
            f"udp:{CALLEE}",
            "--hang-up-after",
            "1",
        )
        with (
            self._started("callee", *callee),
            self._started("serving", program, "serve", user=user) as process,
        ):
            yield
            process.send_signal(signal.SIGTERM)
            assert process.wait(LIMIT_S) == 0

    @contextmanager
    def _started(
        self, until: str, *command: str, user: str = "root"
    ) -> Iterator[subprocess.Popen[str]]:
        """Start *command*, and wait until it prints *until*; killed in the end."""
        process = subprocess.Popen(
            self._enter(user, command),
            env=self._environment(PORTS),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout is not None
        try:
            assert any(until in line for line in process.stdout)
            yield process
        finally:
            process.kill()
            process.wait()
            process.stdout.close()

    def call(self, program: str) -> str:
        """Call the callee by ``outring call``; what it printed."""
        url = f"http://127.0.0.1:{PORTS['OUTRING_HTTP_PORT']}"
        return self.run(program, "call", f"sip:{CALLEE}", "--key", KEY, "--url", url)

    def _enter(self, user: str, command: tuple[str, ...]) -> list[str]:
        to = ["chroot", f"--userspec={user}", str(self.root)]
        return [*to, "env", "--chdir=/srv", *command]

    @staticmethod
    def _environment(variables: dict[str, str]) -> dict[str, str]:
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return {"PATH": path, "LANG": "C.UTF-8", "HOME": "/root", **variables}


@contextmanager
def bare_debian(release: str) -> Iterator[Debian]:
    """Make a new one of *release*, as ``bookworm``; it is gone in the end."""
    base = CACHE / f"debian-{release}"
    if not base.exists():
        base.parent.mkdir(parents=True, exist_ok=True)
        script = ["sh", str(ROOT / "lab/debian-root.sh"), release, f"{base}.new"]
        subprocess.run(script, check=True, timeout=LIMIT_S)
        Path(f"{base}.new").rename(base)
    with TemporaryDirectory(prefix=f"outring-{release}-") as folder, in_memory(folder):
        root = Path(folder, "root")
        subprocess.run(["cp", "-a", str(base), str(root)], check=True)
        shutil.copytree(ROOT / "dist", root / "packages")
        yield Debian(root)


@contextmanager
def in_memory(folder: str) -> Iterator[None]:
    """Keep what is written below *folder* in memory, where it can be: it is soon gone."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=2g", "outring-test", folder]
    is_mounted = subprocess.run(mount, check=False).returncode == 0
    try:
        yield
    finally:
        if is_mounted:
            subprocess.run(["umount", "--lazy", folder], check=True)
