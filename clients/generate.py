"""Generate what the clients take from the OpenAPI description: python -m clients.generate [--check]

Only operations of applications' clients are taken: what a browser shows, and the admin API,
are not theirs. With ``--check`` nothing is written, and the exit status says whether the
generated code is that of today's description.
"""

import argparse
import filecmp
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from engine.http.openapi.description import description

CLIENTS = Path(__file__).resolve().parent
PYTHON = Path("python/outring_client/generated")
TYPESCRIPT = Path("typescript/src/generated/schema.ts")
TOOLS = Path(sys.prefix, "clients/bin")
"""Of the environment that ``make clients-setup`` makes of ``generator/requirements.lock``."""

TAGS = (
    "calls",
    "applications",
    "recordings",
    "campaigns",
    "suppressions",
    "status",
)
_REF = "#/components/schemas/"


def main() -> None:
    """Write the generated code, or compare it."""
    parser = argparse.ArgumentParser(description="Generate the clients.")
    parser.add_argument("--check", action="store_true")
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder)
        generate_into(made)
        if not parser.parse_args().check:
            replace_with(made)
        elif different := find_differences(made):
            sys.exit(f"clients: {different[0]} is not of today: run `make clients`.")


def generate_into(folder: Path) -> None:
    """Write the generated code of all clients below *folder*, as it stands below ``clients/``."""
    described = folder / "openapi.json"
    described.write_bytes(msgspec.json.encode(describe_for_clients()))
    target = folder / PYTHON
    target.parent.mkdir(parents=True)
    _run(
        str(TOOLS / "openapi-python-client"),
        "generate",
        *("--path", str(described)),
        *("--config", str(CLIENTS / "generator/python.yaml")),
        *("--meta", "none", "--fail-on-warning"),
        *("--output-path", str(target)),
    )
    for cache in target.rglob(".ruff_cache"):
        shutil.rmtree(cache)
    generator = CLIENTS / "typescript/node_modules/.bin/openapi-typescript"
    optional = "--default-non-nullable=false"  # what has a default need not be given
    _run(str(generator), str(described), optional, "-o", str(folder / TYPESCRIPT))


def describe_for_clients() -> dict[str, Any]:
    """Return the description of the operations that clients have, with the schemas of these."""
    whole = description()
    paths = {
        path: {
            method: operation
            for method, operation in item.items()
            if operation["tags"][0] in TAGS
        }
        for path, item in whole["paths"].items()
    }
    paths = {path: item for path, item in paths.items() if item}
    schemas = whole["components"]["schemas"]
    needed: set[str] = set()
    waiting = list(find_references(paths))
    while waiting:
        if (name := waiting.pop()) not in needed:
            needed.add(name)
            waiting += find_references(schemas[name])
    kept = {name: schema for name, schema in schemas.items() if name in needed}
    return {
        **whole,
        "paths": paths,
        "components": {**whole["components"], "schemas": kept},
    }


def find_references(value: object) -> Iterator[str]:
    """Yield the names of all schemas that *value* refers to, wherever in it."""
    if isinstance(value, dict):
        for key, member in value.items():
            if key == "$ref":
                yield member.removeprefix(_REF)
            else:
                yield from find_references(member)
    elif isinstance(value, list):
        for member in value:
            yield from find_references(member)


def replace_with(made: Path) -> None:
    """Put the generated code below *made* in the place of what is there."""
    shutil.rmtree(CLIENTS / PYTHON, ignore_errors=True)
    shutil.copytree(made / PYTHON, CLIENTS / PYTHON)
    (CLIENTS / TYPESCRIPT).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(made / TYPESCRIPT, CLIENTS / TYPESCRIPT)


def find_differences(made: Path) -> list[str]:
    """Return the paths of all generated files that differ from those below *made*."""
    paths = {
        str(path.relative_to(root))
        for root in (made, CLIENTS)
        for path in (*(root / PYTHON).rglob("*.py"), root / TYPESCRIPT)
    }
    return sorted(
        path
        for path in paths
        if not ((made / path).exists() and (CLIENTS / path).exists())
        or not filecmp.cmp(made / path, CLIENTS / path, shallow=False)
    )


def _run(*command: str) -> None:
    path = f"{TOOLS}:{os.environ['PATH']}"  # the generator formats by its own ruff
    done = subprocess.run(
        command,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(done.stdout)


if __name__ == "__main__":
    main()
