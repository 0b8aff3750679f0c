"""Every test that a page of ``docs/`` names exists."""

import ast

import pytest

from tests.documented import ROOT, Page

NAMED = {
    (page.name, file): {name for of, name in Page(page.name).named if of == file}
    for page in (ROOT / "docs").glob("*.md")
    for file, _ in Page(page.name).named
}


@pytest.mark.parametrize(("page", "file"), sorted(NAMED))
def test_every_test_that_is_named_exists(page: str, file: str) -> None:
    known = {
        node.name
        for node in ast.walk(ast.parse((ROOT / file).read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert NAMED[page, file] <= known


def test_pages_name_tests() -> None:
    assert {"tests.md", "ccxml.md", "vxml.md"} <= {page for page, _ in NAMED}
