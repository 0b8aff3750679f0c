"""The texts of the program that a document or its author is told, found in the syntax trees."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDERS = (
    "ccxml",
    "vxml",
    "engine/fetch",
    "engine/audio",
    "engine/dialogs",
    "engine/applications",
)
WITHOUT = (
    "vxml/document/vocabulary.py",
    "ccxml/habits.py",
    "ccxml/xml/habits.py",
    "vxml/document/habits.py",
)
"""Modules whose texts are tables: of a language, and of what other platforms do."""
GAP = "…"
"""Stands for whatever the program puts there."""

_STRING = r'"(?:[^"\\]|\\.)*"'
_OPERAND = rf"(?:{_STRING}|\((?:[^()\"]|{_STRING})*\)|(?:typeof )?[\w.\[\]]+)"
_JOINED = re.compile(rf"(?:{_OPERAND} \+ )*{_STRING}(?: \+ {_OPERAND})*")
_PIECE = re.compile(rf"({_STRING})|{_OPERAND}")
_COMMENT = re.compile(rf"({_STRING})|//.*|/\*.*?\*/")
_KIND = re.compile(r"(?:e\x01)?(?:\w+Error: )?")
_CODE = re.compile(r"function|throw 0|use strict|[{}]|@scopes")


@cache
def find_messages(folder: str) -> set[str]:
    """Return each text of *folder* that has a blank in it, as a reader may come to see it."""
    found: set[str] = set()
    for path in sorted((ROOT / folder).rglob("*.py")):
        if str(path.relative_to(ROOT)) not in WITHOUT:
            found.update(_texts_of(ast.parse(path.read_text())))
    for path in sorted((ROOT / folder).rglob("*.js")):
        found.update(_texts_of_script(path.read_text()))
    return {" ".join(text.split()) for text in found if " " in text.strip()}


def _texts_of(node: ast.AST) -> Iterator[str]:
    if (text := _render(node)) is not None:
        yield text
        return
    for name, child in ast.iter_fields(node):
        if name in ("annotation", "returns") or _is_no_text(node):
            continue
        for part in child if isinstance(child, list) else [child]:
            if isinstance(part, ast.AST):
                yield from _texts_of(part)


def _is_no_text(node: ast.AST) -> bool:
    """Whether what stands in *node* is a docstring, a pattern or a description of a field."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if not isinstance(node, ast.Call):
        return False
    return ast.unparse(node.func) in ("re.compile", "Meta", "cast")


def _render(node: ast.AST) -> str | None:
    """Return the text that *node* makes, with a gap for each value; None if it makes none."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_render(part) or GAP for part in parts)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            before, behind = _render(left), _render(right)
            if before is not None or behind is not None:
                return f"{before or GAP}{behind or GAP}"
    return None


def _texts_of_script(script: str) -> Iterator[str]:
    """Return the texts that *script* makes, without the kind of an error before them."""
    code = _COMMENT.sub(lambda found: found[1] or "", script)
    for joined in _JOINED.finditer(code):
        pieces = _PIECE.finditer(joined[0])
        text = "".join(
            ast.literal_eval(piece[1]) if piece[1] else GAP for piece in pieces
        )
        if not _CODE.search(text):
            yield _KIND.sub("", re.sub(f"{GAP}+", GAP, text), count=1)
