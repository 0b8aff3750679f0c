"""Tables of the pages that are made of the models: ``python -m tests.docs.generated`` writes them."""

import json
import re
from typing import Any

from engine.platform.objects import KINDS, ObjectKind
from tests.documented import ROOT

BEGIN = "<!-- python -m tests.docs.generated writes from here -->\n"
END = "<!-- to here -->\n"
HEAD = "| field | default | it is | meaning |\n|---|---|---|---|\n"


def describe_objects() -> str:
    """A table for each kind of object, with every field."""
    return "\n".join(describe_kind(kind) for kind in KINDS.values())


def describe_kind(kind: ObjectKind) -> str:
    """Heading, sentence and table of a kind."""
    schema = kind.model.model_json_schema()
    table = f"[{kind.table}]" if kind.table == "licence" else f"[[{kind.table}]]"
    rows = []
    for name, field in schema["properties"].items():
        if kind.secret is not None and name == kind.secret.held:
            rows.append(f"| `{kind.secret.given}` | * | text | {kind.secret.help} |")
            rows.append(f"| or `{name}` | | text | {field['description']} |")
        else:
            rows.append(describe_field(name, field, schema))
    sentence = schema["description"].replace("``", "`")
    return f"### `{table}`\n\n{sentence}\n\n{HEAD}" + "\n".join(rows) + "\n"


def describe_field(name: str, field: dict[str, Any], schema: dict[str, Any]) -> str:
    """The row of a field."""
    must = name in schema.get("required", ())
    default = " *" if must else format_default(field.get("default"))
    return f"| `{name}` |{default} | {describe_type(field, schema)} | {field['description']} |"


def format_default(value: object) -> str:
    """A default as TOML has it; none is an empty cell."""
    return "" if value in (None, "", [], ()) else f" `{json.dumps(value)}`"


def describe_type(field: dict[str, Any], schema: dict[str, Any]) -> str:
    """What a value of the field may be."""
    options = [
        option for option in field.get("anyOf", [field]) if option.get("type") != "null"
    ]
    (option,) = options
    if "$ref" in option:
        option = schema["$defs"][option["$ref"].rpartition("/")[2]]
    if "enum" in option:
        return ", ".join(f"`{value}`" for value in option["enum"])
    if option["type"] == "array":
        return "list of texts"
    if option["type"] == "boolean":
        return "`true`, `false`"
    if option["type"] == "string":
        return "text"
    return f"number{describe_bounds(option)}"


def describe_bounds(option: dict[str, Any]) -> str:
    """The bounds of a number, of which there is at least the upper one."""
    if "minimum" in option:
        return f" {option['minimum']:,} to {option['maximum']:,}"
    return f" above {option['exclusiveMinimum']:,} to {option['maximum']:,}"


def replace(page: str, text: str) -> str:
    """The page with *text* between its marks."""
    pattern = re.compile(f"(?<={re.escape(BEGIN)}).*(?={re.escape(END)})", re.DOTALL)
    written, count = pattern.subn(lambda _: f"\n{text}\n", page)
    assert count == 1
    return written


PAGES = {"objects.md": describe_objects}

if __name__ == "__main__":
    for name, describe in PAGES.items():
        file = ROOT / "docs" / name
        file.write_text(replace(file.read_text(), describe()))
