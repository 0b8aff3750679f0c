"""Build pjsua2 in a size that fits a dialer, and install it into this interpreter.

Run by ``make setup`` with the interpreter of the virtual environment; needs the
Debian packages of ``debian-packages.txt``, and SWIG and setuptools beside that interpreter.

The source is the unpatched pjproject release inside Debian's source package of
Asterisk, fetched by apt, which checks the archive's signatures.
``PJPROJECT_SRC=<folder or tarball>`` takes another one. What was built is kept
in ``$XDG_CACHE_HOME/outring``, named by version and hash of this recipe, so that the next
set-up only installs it. The module keeps to Python's limited API (PEP 384): one build
serves CPython 3.11 and all later ones.

``recipe.py --sanitize FOLDER`` builds the same with AddressSanitizer and UBSan, and
installs it into FOLDER alone: a program finds it there by ``PYTHONPATH``.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from debian_source import SourceError, fetch_source

HERE = Path(__file__).resolve().parent
NATIVE = HERE.parent / "native"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "outring"
DISTRIBUTION = "pjsua2"
MARKER = "outring_pjsua2_build"
OWN_SOURCE = "Set PJPROJECT_SRC to a folder or tarball of pjproject."

CONFIGURE = [
    "--enable-epoll",
    "--with-external-srtp",
    "--enable-libsamplerate",
    "--disable-sound",
    "--disable-video",
    "--disable-speex-aec",
    "--disable-speex-codec",
    "--disable-l16-codec",
    "--disable-g7221-codec",
    "--disable-ilbc-codec",
    "--disable-gsm-codec",
    "--disable-libyuv",
    "--disable-libwebrtc",
    "--disable-sdl",
    "--disable-ffmpeg",
    "--disable-v4l2",
    "--disable-upnp",
]
LIBRARIES = ["spandsp", "ssl", "crypto"]
"""What our native part needs beside PJSIP."""
SOURCES = ["stream_socket.cpp"]
"""What is compiled by itself: Boost.Beast in the wrapper's unit would take too much memory."""
SWIG = ["-c++", "-w312", "-threads", "-python"]
LIMITED_API = "0x030B0000"  # of CPython 3.11, which pyproject.toml asks for at least
ABI = "cp311-abi3"


@dataclass(frozen=True)
class Variant:
    """One way to compile the same source."""

    name: str  # begins the names of its folders in the cache
    flags: str  # of the compiler, for PJSIP and for the Python module
    link_flags: str = ""
    config: str = ""  # behind what config_site.h says


USUAL = Variant("", "-O2 -fPIC -DNDEBUG")
# Undefined behaviour is told and goes on; a bad access to memory ends the process. With
# PJ_POOL_DEBUG each piece of a pool is a malloc of its own, so that its end is watched.
_CHECKS = "-fsanitize=address,undefined"
SANITIZED = Variant(
    "sanitized-",
    f"-O1 -g -fPIC -DNDEBUG {_CHECKS} -fno-omit-frame-pointer",
    _CHECKS,
    "\n#define PJ_POOL_DEBUG 1\n",
)


class RecipeError(Exception):
    """The build cannot go on; the text says what to do."""


def main() -> None:
    """Install the build that belongs to this recipe, building it first if need be."""
    parser = argparse.ArgumentParser(description="Build and install pjsua2.")
    parser.add_argument("--sanitize", metavar="FOLDER", type=Path)
    folder: Path | None = parser.parse_args().sanitize
    variant = SANITIZED if folder else USUAL
    try:
        with _lock():
            own = os.environ.get("PJPROJECT_SRC")
            wheel = None if own else _find_cached_wheel(variant)
            if wheel is None:
                wheel = _build(variant, Path(own) if own else None)
            _install(wheel, folder)
    except (RecipeError, OSError) as error:
        sys.exit(f"pjsua2: {error}")


# -- names -----------------------------------------------------------------------


def _hash(*paths: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _libraries_hash() -> str:
    return _hash(Path(__file__), HERE / "config_site.h")


def _wheel_hash() -> str:
    return _hash(Path(__file__), HERE / "config_site.h", *sorted(NATIVE.iterdir()))


def _find_cached_wheel(variant: Variant) -> Path | None:
    found = sorted(CACHE.glob(f"{variant.name}wheel-*-{_wheel_hash()}-{ABI}/*.whl"))
    return found[-1] if found else None


# -- steps -----------------------------------------------------------------------


def _build(variant: Variant, own: Path | None) -> Path:
    with tempfile.TemporaryDirectory(prefix="outring-pjsua2-") as scratch:
        source = _unpack(own or _download(Path(scratch)), Path(scratch))
        version = _version(source)
        tree = _compile(variant, source, version, reuse=own is None)
        wheel = _bind(variant, tree, version)
        folder = f"{variant.name}wheel-{version}-{_wheel_hash()}-{ABI}"
        target = CACHE / folder / wheel.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(wheel, target)
    return target


def _download(scratch: Path) -> Path:
    kept = sorted(CACHE.glob("source/*Xpjproject*.tar.*"))
    if kept:
        return kept[-1]
    _say("fetching the source (Debian's source package of asterisk)")
    try:
        files = fetch_source("asterisk", "sid", scratch)
    except SourceError as error:
        raise RecipeError(f"{error} {OWN_SOURCE}") from None
    tarballs = [
        path for path in files if "Xpjproject" in path.name and path.suffix != ".asc"
    ]
    if not tarballs:
        text = "Debian's source package of asterisk no longer carries pjproject."
        raise RecipeError(f"{text} {OWN_SOURCE}")
    (CACHE / "source").mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(tarballs[-1], CACHE / "source"))


def _unpack(source: Path, scratch: Path) -> Path:
    if source.is_dir():
        return source
    if not source.exists():
        raise RecipeError(f"{source} does not exist (PJPROJECT_SRC).")
    with tarfile.open(source) as archive:
        # Debian 12's Python is older than the filters, which are only a precaution here.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(scratch / "unpacked")
    found = list((scratch / "unpacked").glob("**/version.mak"))
    if not found:
        raise RecipeError(f"{source} is not a source tree of pjproject.")
    return min(found, key=lambda path: len(path.parts)).parent


def _version(source: Path) -> str:
    found = re.findall(
        r"^export PJ_VERSION_(?:MAJOR|MINOR|REV|SUFFIX)\s*:=[ \t]*(\S*)",
        (source / "version.mak").read_text(),
        re.MULTILINE,
    )
    numbers = [part for part in found if part.isdigit()]
    return ".".join(numbers) + "".join(part for part in found if not part.isdigit())


def _compile(variant: Variant, source: Path, version: str, *, reuse: bool) -> Path:
    """The source tree with its libraries built, kept in the cache."""
    tree = CACHE / f"{variant.name}tree-{version}-{_libraries_hash()}"
    done = tree / ".outring-built"
    if reuse and done.exists():
        return tree
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(source, tree, symlinks=True)
    config = (HERE / "config_site.h").read_text() + variant.config
    (tree / "pjlib/include/pj/config_site.h").write_text(config)
    # Debian leaves the BDIMAD echo canceller out of the source: nothing may link it.
    makefile = tree / "pjmedia/build/Makefile"
    makefile.write_text(makefile.read_text().replace(" bdimad_dev.o", ""))
    _say(f"configuring pjproject {version}")
    environment = _environment(variant, variant.flags)
    (tree / "configure-outring").write_text('exec ./aconfigure "$@"\n')
    _run(["sh", "configure-outring", *CONFIGURE], tree, environment)
    jobs = str(os.cpu_count() or 1)
    _say(f"compiling pjproject {version} (about two minutes)")
    _run(["make", "dep"], tree)
    _run(["make", f"-j{jobs}", "lib"], tree)
    done.touch()
    for other in CACHE.glob(f"{variant.name}tree-*"):
        if other != tree:
            shutil.rmtree(other, ignore_errors=True)
    return tree


def _bind(variant: Variant, tree: Path, version: str) -> Path:
    """The wheel of the Python module, with our native part in it."""
    _say("building the Python module (about two minutes)")
    swig = tree / "pjsip-apps/src/swig"
    folder = swig / "python"
    interface = folder / "pjsua2.i"
    interface.write_text(
        '%include "threads.i"\n'
        + (swig / "pjsua2.i").read_text()
        + '\n%include "outring.i"\n'
    )
    libraries = ("pjlib", "pjlib-util", "pjmedia", "pjsip", "pjnath")
    includes = [f"-I{tree / library / 'include'}" for library in libraries]
    output = ["-o", "pjsua2_wrap.cpp", interface.name]
    program = Path(sys.executable).with_name("swig")
    _run([str(program), *includes, f"-I{NATIVE}", f"-I{swig}", *SWIG, *output], folder)
    (folder / f"{MARKER}.py").write_text(
        f"MAX_CALLS = {_max_calls()}\n"
        f"PJPROJECT_VERSION = {version!r}\n"
        f"RECIPE_HASH = {_wheel_hash()!r}\n"
    )
    setup = folder / "setup.py"
    text = setup.read_text()
    if MARKER not in text:
        text = re.sub(r"py_modules\s*=\s*\[", f"\\g<0>'{MARKER}', ", text)
        text = text.replace('["pjsua2_wrap.cpp"]', f'["pjsua2_wrap.cpp"] + {SOURCES}')
        setup.write_text(
            text.replace(
                "libraries=libraries",
                f"py_limited_api=True, libraries=libraries + {LIBRARIES}",
            )
        )
    for name in SOURCES:
        shutil.copy(NATIVE / name, folder)
    shutil.rmtree(folder / "dist", ignore_errors=True)
    shutil.rmtree(folder / "build", ignore_errors=True)
    flags = f"{variant.flags} -w -I{NATIVE} -DPy_LIMITED_API={LIMITED_API}"
    environment = _environment(variant, flags)
    wheel_of = ["bdist_wheel", "--py-limited-api", ABI.partition("-")[0]]
    _run([sys.executable, "setup.py", *wheel_of], folder, environment)
    (wheel,) = (folder / "dist").glob("*.whl")
    return wheel


def _environment(variant: Variant, flags: str) -> dict[str, str]:
    environment = os.environ | {"CFLAGS": flags, "CXXFLAGS": flags}
    if variant.link_flags:
        environment["LDFLAGS"] = variant.link_flags
    return environment


def _max_calls() -> int:
    found = re.search(
        r"^#define PJSUA_MAX_CALLS (\d+)",
        (HERE / "config_site.h").read_text(),
        re.MULTILINE,
    )
    if found is None:
        raise RecipeError("config_site.h does not set PJSUA_MAX_CALLS.")
    return int(found[1])


def _install(wheel: Path, folder: Path | None) -> None:
    """Install *wheel* into *folder*, or into this interpreter, unless it is there."""
    marker = folder / f"{MARKER}.py" if folder else _find_installed_marker()
    if _hash_in(marker) == _wheel_hash() and not os.environ.get("PJPROJECT_SRC"):
        return
    _say(f"installing {wheel.parent.name}")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    into = ["--upgrade", "--target", str(folder.resolve())] if folder else []
    _run([*pip, "install", "--no-deps", "--force-reinstall", *into, str(wheel)], HERE)


def _find_installed_marker() -> Path | None:
    try:
        files = distribution(DISTRIBUTION).files or []
    except PackageNotFoundError:
        return None
    found = [Path(file.locate()) for file in files if file.name == f"{MARKER}.py"]
    return found[0] if found else None


def _hash_in(marker: Path | None) -> str | None:
    if marker is None or not marker.exists():
        return None
    found = re.search(r"RECIPE_HASH = '(\w+)'", marker.read_text())
    return found[1] if found else None


# -- small things ----------------------------------------------------------------


@contextmanager
def _lock() -> Iterator[None]:
    """Two set-ups at once: the second waits and finds the first one's work."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as file:
        flock(file, LOCK_EX)
        yield


def _say(text: str) -> None:
    print(f"pjsua2: {text}", flush=True)  # noqa: T201


def _run(
    command: list[str], folder: Path, environment: dict[str, str] | None = None
) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if done.returncode:
        tail = "\n".join(done.stdout.splitlines()[-25:])
        raise RecipeError(f"{' '.join(command[:3])} failed:\n{tail}")


if __name__ == "__main__":
    main()
