"""What pages and pictures have of the program: ``python -m tests.docs.generated`` writes it."""

import json
import re
from typing import Any

from engine.config.settings import Settings
from engine.platform.objects import KINDS, ObjectKind
from tests.docs.architecture_picture import draw_rooms
from tests.documented import ROOT

BEGIN = "<!-- python -m tests.docs.generated writes from here -->\n"
END = "<!-- to here -->\n"
HEAD = "| field | default | it is | meaning |\n|---|---|---|---|\n"


def describe_objects() -> str:
    """A table for each kind of object, with every field."""
    return "\n".join(describe_kind(kind) for kind in KINDS.values())


def describe_settings() -> str:
    """A table for each section of the settings."""
    schema = Settings.model_json_schema()
    parts = []
    for section, reference in schema["properties"].items():
        model = schema["$defs"][reference["$ref"].rpartition("/")[2]]
        rows = [
            describe_field(name, field, schema)
            for name, field in model["properties"].items()
        ]
        parts.append(
            f"### `[{section}]`\n\n{plain(model)}\n\n{HEAD}" + "\n".join(rows) + "\n"
        )
    return "\n".join(parts)


def describe_kind(kind: ObjectKind) -> str:
    """Heading, sentence and table of a kind."""
    schema = kind.model.model_json_schema()
    table = f"[{kind.table}]" if kind.table == "licence" else f"[[{kind.table}]]"
    rows = []
    for name, field in schema["properties"].items():
        secret = kind.secret
        if secret is not None and secret.is_hashed and name == secret.held:
            rows.append(f"| `{secret.given}` | * | text | {secret.help} |")
            rows.append(f"| or `{name}` | | text | {field['description']} |")
        else:
            rows.append(describe_field(name, field, schema))
            rows += describe_table(name, field, schema)
    return f"### `{table}`\n\n{plain(schema)}\n\n{HEAD}" + "\n".join(rows) + "\n"


def describe_table(
    name: str, field: dict[str, Any], schema: dict[str, Any]
) -> list[str]:
    """The rows of the fields of a table within an object, or of those of a list."""
    parts = [field, field.get("items", {}), *field.get("anyOf", ())]
    references = [part["$ref"] for part in parts if "$ref" in part]
    inner = [schema["$defs"][it.rpartition("/")[2]] for it in references]
    return [
        describe_field(f"{name}.{member}", part, schema, model)
        for model in inner
        if model["type"] == "object"
        for member, part in model.get("properties", {}).items()
    ]


def plain(schema: dict[str, Any]) -> str:
    """The docstring of a model as Markdown has it."""
    return str(schema["description"]).replace("``", "`")


def describe_field(
    name: str,
    field: dict[str, Any],
    schema: dict[str, Any],
    model: dict[str, Any] | None = None,
) -> str:
    """The row of a field of *schema*, or of *model*, a table within it."""
    must = name.rpartition(".")[2] in (model or schema).get("required", ())
    default = " *" if must else format_default(field.get("default"))
    return f"| `{name}` |{default} | {describe_type(field, schema)} | {field['description']} |"


def format_default(value: object) -> str:
    """A default as TOML has it; none is an empty cell."""
    return "" if value in (None, "", [], ()) else f" `{json.dumps(value)}`"


def describe_type(field: dict[str, Any], schema: dict[str, Any]) -> str:
    """What a value of the field may be."""
    (option,) = (
        option for option in field.get("anyOf", [field]) if option.get("type") != "null"
    )
    if "$ref" in option:
        option = schema["$defs"][option["$ref"].rpartition("/")[2]]
    if "enum" in option:
        return ", ".join(f"`{value}`" for value in option["enum"])
    kind = option["type"]
    if kind == "object":
        return "table"
    if kind == "array":
        return "list"
    if kind in ("integer", "number"):
        return f"number{describe_bounds(option)}"
    return {"boolean": "`true`, `false`", "string": "text"}[kind]


def describe_bounds(option: dict[str, Any]) -> str:
    """The bounds of a number."""
    bounds = "exclusiveMinimum", "exclusiveMaximum"
    if option.keys() >= {*bounds}:
        least, most = (option[bound] for bound in bounds)
        return f" between {least:,} and {most:,}"
    if "exclusiveMinimum" in option:
        return f" above {option['exclusiveMinimum']:,} to {option['maximum']:,}"
    if "maximum" in option:
        return f" {option['minimum']:,} to {option['maximum']:,}"
    return f" from {option['minimum']:,}" if "minimum" in option else ""


def replace(page: str, text: str) -> str:
    """The page with *text* between its marks."""
    pattern = re.compile(f"(?<={re.escape(BEGIN)}).*(?={re.escape(END)})", re.DOTALL)
    written, count = pattern.subn(lambda _: f"\n{text}\n", page)
    assert count == 1
    return written


PAGES = {
    "configuration.md": describe_settings,
    "objects.md": describe_objects,
    "architecture.svg": draw_rooms,
}

if __name__ == "__main__":
    for name, describe in PAGES.items():
        file = ROOT / "docs" / name
        file.write_text(replace(file.read_text(), describe()))
