"""The order of the rooms, and who may import what.

``python -m tests.test_architecture`` prints the layers and the arrows between them.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = (
    ("cli",),
    ("app",),
    ("http", "cluster"),
    ("campaigns",),
    ("rehearsal", "monitoring", "dialer", "compatibility"),
    ("applications",),
    ("calls",),
    ("webhooks", "export", "recordings"),
    ("dialogs", "admission", "administration", "records", "events"),
    ("audio", "store"),
    ("fetch", "telemetry", "platform"),
    ("vxml", "config", "model", "tasks"),
    ("ccxml", "sip"),
)
"""An arrow goes down only: a module imports its own room, and rooms of lower layers."""

PACKAGES = ("engine", "sip", "ccxml", "vxml")
SHARED_BY_LANGUAGES = ("ccxml.xml", "ccxml.ecmascript")
"""What VoiceXML may take of CCXML: what both are read and evaluated with."""
PURE = {"aiohttp", "asyncio", "pjsua2", "redis", "socket", "threading", "time"}
BANNED = {
    "ccxml": PURE,
    "vxml": PURE,
    "sip": {"aiohttp", "redis"},
    "engine/model": PURE,
    "engine/platform": PURE,
}
DEPTH = {room: depth for depth, layer in enumerate(LAYERS) for room in layer}
WORDS_OF_A_PARAGRAPH = 20


@cache
def modules() -> list[Path]:
    """All of the product, but for how pjsua2 is built and what it is typed with."""
    return [
        path
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if not path.is_relative_to(ROOT / "sip/build")
    ]


def room_of(name: str) -> str:
    """The room of the module *name*: ``engine.http.status`` stands in ``http``."""
    package, _, rest = name.partition(".")
    return rest.partition(".")[0] if package == "engine" and rest else package


def name_of(path: Path) -> str:
    """The name of the module at *path*."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def nodes(path: Path) -> list[ast.AST]:
    """The syntax tree of the module at *path*, of which several tests ask."""
    return list(ast.walk(ast.parse(path.read_text())))


@cache
def imports(path: Path) -> list[str]:
    """Full names of what the module at *path* imports, wherever in it."""
    return list(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    name = name_of(path)
    package = name if path.stem == "__init__" else name.rpartition(".")[0]
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            source = [*above, node.module] if node.level else [node.module]
            for alias in node.names:
                yield ".".join(part for part in (*source, alias.name) if part)


@cache
def arrows() -> dict[tuple[str, str], list[str]]:
    """The modules behind each arrow from a room to another."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for path in modules():
        name = name_of(path)
        if name in ("engine", "engine.__main__"):
            continue
        for imported in imports(path):
            if imported.partition(".")[0] not in PACKAGES:
                continue
            ends = room_of(name), room_of(imported)
            if ends[0] != ends[1]:
                found[ends].append(f"{name} imports {imported}")
    return found


def by_path(paths: list[Path]) -> list[object]:
    return [pytest.param(path, id=str(path.relative_to(ROOT))) for path in paths]


def test_every_room_has_its_layer() -> None:
    rooms = {
        folder.name
        for folder in (ROOT / "engine").iterdir()
        if (folder / "__init__.py").exists()
    }

    assert rooms == DEPTH.keys() - {"sip", "ccxml", "vxml"}


def test_nothing_lies_loose_in_the_engine() -> None:
    loose = {path.name for path in (ROOT / "engine").glob("*.py")}

    assert loose == {"__init__.py", "__main__.py"}


def test_arrows_go_down_only() -> None:
    found = arrows()
    assert len(found) > 50, "nothing found to check"

    upward = {
        f"{above} -> {below}": names
        for (above, below), names in found.items()
        if DEPTH[below] <= DEPTH[above]
    }
    assert upward == {}, picture()


@pytest.mark.parametrize("path", by_path(modules()))
def test_what_is_pure_stays_so(path: Path) -> None:
    where = str(path.relative_to(ROOT))
    banned = set[str]().union(
        *(names for folder, names in BANNED.items() if where.startswith(f"{folder}/"))
    )

    assert not {name.partition(".")[0] for name in imports(path)} & banned


@pytest.mark.parametrize("path", by_path(modules()))
def test_one_room_imports_pjsua2(path: Path) -> None:
    if "pjsua2" in {name.partition(".")[0] for name in imports(path)}:
        assert path.is_relative_to(ROOT / "sip/pjsip")


@pytest.mark.parametrize("path", by_path(sorted((ROOT / "vxml").rglob("*.py"))))
def test_vxml_takes_of_ccxml_only_what_both_share(path: Path) -> None:
    taken = [name for name in imports(path) if name.partition(".")[0] == "ccxml"]

    assert all(name.startswith(SHARED_BY_LANGUAGES) for name in taken)


@pytest.mark.parametrize(
    ("folder", "above"),
    [
        ("document", ("vxml.interpreter",)),
        ("grammar", ("vxml.interpreter", "vxml.document")),
    ],
)
def test_the_folders_of_vxml_are_layers_too(
    folder: str, above: tuple[str, ...]
) -> None:
    names = [
        name for path in (ROOT / "vxml" / folder).glob("*.py") for name in imports(path)
    ]

    assert names
    assert not [name for name in names if name.startswith(above)]


@pytest.mark.parametrize(
    "path", by_path([path for path in modules() if path.stem == "__init__"])
)
def test_a_room_says_what_it_is_for(path: Path) -> None:
    text = ast.get_docstring(ast.parse(path.read_text())) or ""

    assert len(text.split()) >= WORDS_OF_A_PARAGRAPH


@pytest.mark.parametrize("packages", [("engine", "sip"), ("ccxml",), ("vxml",)])
def test_a_class_name_stands_once(packages: tuple[str, ...]) -> None:
    """CCXML and VoiceXML may call their elements alike."""
    places: dict[str, list[str]] = defaultdict(list)
    for path in modules():
        if path.relative_to(ROOT).parts[0] in packages:
            for node in nodes(path):
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    places[node.name].append(str(path.relative_to(ROOT)))

    assert len(places) > 20, "nothing found to check"
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def picture() -> str:
    """The layers, and what each room stands on."""
    below: dict[str, set[str]] = defaultdict(set)
    for above, room in arrows():
        below[above].add(room)
    lines = [
        f"{depth:2}  {room:15} -> {', '.join(sorted(below[room], key=DEPTH.get)) or '-'}"  # type: ignore[arg-type]
        for depth, layer in enumerate(LAYERS)
        for room in layer
    ]
    return "\n".join(lines)


def test_the_picture_has_all_rooms() -> None:
    told = picture().splitlines()

    assert len(told) == len(DEPTH)
    assert all(int(a.split()[0]) <= int(b.split()[0]) for a, b in pairwise(told))


if __name__ == "__main__":
    print(f"{len(DEPTH)} rooms on {len(LAYERS)} layers, {len(arrows())} arrows")
    print(picture())
