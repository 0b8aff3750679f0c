"""The arrows between the packages, and who may import what, kept by a test."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BANNED = {
    "ccxml": {
        "engine",
        "sip",
        "aiohttp",
        "asyncio",
        "redis",
        "pjsua2",
        "threading",
        "time",
    },
    "sip": {"engine", "ccxml", "aiohttp", "redis"},
    "engine": {"pjsua2"},
}
ONLY_IMPORTER_OF_PJSUA2 = ROOT / "sip/stack.py"

MODULES = [
    pytest.param(path, package, id=str(path.relative_to(ROOT)))
    for package in BANNED
    for path in sorted((ROOT / package).rglob("*.py"))
]
assert MODULES, "nothing found to check"


def imports(path: Path) -> set[str]:
    """Top-level names that the module at *path* imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.partition(".")[0])
    return names


@pytest.mark.parametrize(("path", "package"), MODULES)
def test_module_imports_nothing_from_above_it(path: Path, package: str) -> None:
    assert not imports(path) & BANNED[package]


@pytest.mark.parametrize(("path", "package"), MODULES)
def test_one_module_imports_pjsua2(path: Path, package: str) -> None:
    assert ("pjsua2" in imports(path)) == (path == ONLY_IMPORTER_OF_PJSUA2)
