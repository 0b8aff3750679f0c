"""The arrows between the packages, and who may import what, kept by a test."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BANNED = {
    "ccxml": {
        "engine",
        "vxml",
        "sip",
        "aiohttp",
        "asyncio",
        "redis",
        "pjsua2",
        "threading",
        "time",
    },
    "vxml": {
        "engine",
        "sip",
        "aiohttp",
        "asyncio",
        "redis",
        "pjsua2",
        "threading",
        "time",
    },
    "sip": {"engine", "ccxml", "vxml", "aiohttp", "redis"},
    "engine": {"pjsua2"},
}
SHARED_WITH_VXML = {
    f"ccxml.{name}"
    for name in (
        *("ecmascript", "errors", "places", "report", "times"),
        *("tree", "value_reader", "values"),
    )
}
"""What both languages of documents are read and evaluated with."""
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


@pytest.mark.parametrize("path", sorted((ROOT / "vxml").rglob("*.py")), ids=str)
def test_vxml_takes_of_ccxml_only_what_both_share(path: Path) -> None:
    taken = {
        node.module or ""
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.level == 0
    }
    taken = {name for name in taken if name.split(".")[0] == "ccxml"}

    assert taken <= SHARED_WITH_VXML
