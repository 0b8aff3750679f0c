"""Build the clients into ``dist/``: a wheel for Python, and a package of npm.

build_clients.py [--into FOLDER]
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / "clients/python"
TYPESCRIPT = ROOT / "clients/typescript"
OURS = ("outring_client-*.whl", "outring-client-*.tgz")


def main() -> None:
    """Build both; ends the program where that cannot be."""
    parser = argparse.ArgumentParser(description="Build the clients of outring.")
    parser.add_argument("--into", type=Path, default=ROOT / "dist")
    folder: Path = parser.parse_args().into.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    for old in (path for pattern in OURS for path in folder.glob(pattern)):
        old.unlink()
    with tempfile.TemporaryDirectory(prefix="outring-clients-") as scratch:
        build_python(Path(scratch), folder)
        build_typescript(Path(scratch), folder)
    for pattern in OURS:
        print(f"packages: {next(folder.glob(pattern)).relative_to(folder.parent)}")


def build_python(scratch: Path, folder: Path) -> None:
    """Build the wheel, of a copy, since setuptools writes beside the sources."""
    source = scratch / "python"
    shutil.copytree(PYTHON, source, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "LICENSE", source)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    how = ["--no-deps", "--no-build-isolation", "--no-index"]
    run([*pip, "wheel", *how, "--wheel-dir", str(folder), str(source)], scratch)


def build_typescript(scratch: Path, folder: Path) -> None:
    """Compile the client and pack it as npm does."""
    source = scratch / "typescript"
    source.mkdir()
    for path in ("package.json", "tsconfig.json", "src", "test"):
        copy = shutil.copytree if (TYPESCRIPT / path).is_dir() else shutil.copy
        copy(TYPESCRIPT / path, source / path)
    shutil.copy(ROOT / "LICENSE", source)
    (source / "node_modules").symlink_to(TYPESCRIPT / "node_modules")
    run(["npm", "run", "--silent", "build"], source)
    how = ["--silent", "--ignore-scripts", "--pack-destination", str(folder)]
    run(["npm", "pack", *how], source)


def run(command: list[str], folder: Path) -> None:
    """Run *command* in *folder*; ends the program with what it said if it fails."""
    done = subprocess.run(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"packages: {' '.join(command[:3])} failed:\n{done.stdout}")


if __name__ == "__main__":
    main()
