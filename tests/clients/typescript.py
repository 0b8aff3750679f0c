"""The TypeScript client as npm would install it, and programs that use it."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.documented import ROOT

CLIENT = ROOT / "clients/typescript"
LIMIT_S = 60.0
PROGRAM_SETTINGS = (
    *("--module", "nodenext", "--target", "es2022", "--strict"),
    "--skipLibCheck",
    *("--types", "node", "--typeRoots", str(CLIENT / "node_modules/@types")),
)


def install_client(folder: Path) -> Path:
    """Build the client into *folder* with its tests, and return where it was put."""
    package = folder / "node_modules/outring-client"
    package.mkdir(parents=True)
    shutil.copy(CLIENT / "package.json", package)
    (package / "node_modules").symlink_to(CLIENT / "node_modules")
    (folder / "package.json").write_text('{"type": "module"}')
    compile_typescript("-p", str(CLIENT), "--outDir", str(package / "dist"))
    return package


def compile_typescript(*arguments: str) -> None:
    """Run tsc, which must find no mistake."""
    done = subprocess.run(
        [str(CLIENT / "node_modules/.bin/tsc"), *arguments],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def compile_programs(folder: Path, texts: Sequence[str]) -> list[str]:
    """Compile TypeScript programs in *folder*, where the client is installed; their JavaScript."""
    programs = [folder / f"program_{number}.ts" for number in range(len(texts))]
    for program, text in zip(programs, texts, strict=True):
        program.write_text(text)
    compile_typescript(*PROGRAM_SETTINGS, *map(str, programs))
    return [program.with_suffix(".js").read_text() for program in programs]


async def run_javascript(folder: Path, text: str, **environment: str) -> str:
    """Run the program *text* in *folder*, where the client is installed; what it prints."""
    program = folder / "running.js"
    program.write_text(text)
    process = await asyncio.create_subprocess_exec(
        *("node", str(program)),
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(LIMIT_S):
        out, mistakes = await process.communicate()
    assert process.returncode == 0, mistakes.decode()
    return out.decode()
