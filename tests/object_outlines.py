"""The outlines of the objects' models for the command line: python -m tests.object_outlines."""

from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from pydantic.fields import FieldInfo

from engine.cli.object_outlines import (
    FILE,
    FieldOutline,
    FieldType,
    ObjectOutline,
    SecretOutline,
)
from engine.cli.terminal import format_value
from engine.config.toml_file import ConfigModel
from engine.platform.objects import KINDS, ObjectKind, Secret

TYPES: dict[object, FieldType] = {
    str: "text",
    int: "integer",
    float: "decimal",
    bool: "flag",
    list: "texts",
    dict: "json",
}


def make_outlines() -> bytes:
    """Return the content of the file."""
    outlines = [outline_kind(kind) for kind in KINDS.values()]
    return msgspec.json.format(msgspec.json.encode(outlines)) + b"\n"


def outline_kind(kind: ObjectKind) -> ObjectOutline:
    """Outline a kind."""
    return ObjectOutline(
        table=kind.table,
        plural=kind.plural,
        noun=kind.noun,
        identity=kind.identity,
        fields=tuple(
            outline_field(name, info, dict(kind.references).get(name))
            for name, info in kind.model.model_fields.items()
        ),
        secret=kind.secret and outline_secret(kind.secret),
        pause=kind.pause,
    )


def outline_secret(secret: Secret) -> SecretOutline:
    """Outline a secret."""
    return SecretOutline(secret.given, secret.held, secret.help)


def outline_field(name: str, info: FieldInfo, refers_to: str | None) -> FieldOutline:
    """Outline a field."""
    plain = simplify(info.annotation)
    choices = list_choices(plain)
    is_required = info.is_required()
    return FieldOutline(
        name=name,
        type="text" if choices else TYPES[plain],
        description=info.description or "",
        is_required=is_required,
        default=format_default(info),
        choices=choices,
        refers_to=refers_to,
    )


def format_default(info: FieldInfo) -> str:
    """The default as people read it; a table that is made of its own defaults has none."""
    has_value = not info.is_required() and info.default_factory is None
    return format_value(info.default) if has_value else ""


def list_choices(plain: Any) -> tuple[str, ...]:
    """The values of an enumeration; none for other types."""
    if get_origin(plain) is Literal:
        return get_args(plain)
    is_enum = isinstance(plain, type) and issubclass(plain, Enum)
    return tuple(str(member.value) for member in plain) if is_enum else ()


def simplify(annotation: Any) -> Any:
    """The type without constraints, None and what is in a tuple, which is a list."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return simplify(arguments[0])
    if origin in (Union, UnionType):
        return simplify(next(part for part in arguments if part is not NoneType))
    if isinstance(annotation, type) and issubclass(annotation, ConfigModel):
        return dict  # a table within the object
    if origin is tuple:
        return dict if simplify(arguments[0]) is dict else list
    return dict if origin is dict else annotation


if __name__ == "__main__":
    FILE.write_bytes(make_outlines())
