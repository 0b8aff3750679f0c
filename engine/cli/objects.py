"""``outring accounts``, ``outring apps`` and so on: a group of commands for each kind of object.

All of it is made from ``KINDS`` and the fields of the models, so that a new field is a new
option without a change here.
"""

import sys
from collections.abc import Callable, Mapping
from enum import Enum
from inspect import Parameter, Signature
from types import NoneType, UnionType
from typing import Annotated, Any, Union, cast, get_args, get_origin

import typer
from pydantic.fields import FieldInfo
from rich.text import Text

from engine.platform.objects import KINDS, ObjectKind

from .help_pages import GroupedCommand, make_group
from .listing import Csv, print_list
from .platform_access import with_admin
from .proxy_status import status
from .store_access import complete_identity
from .target import TARGET_OPTIONS, PlatformTarget
from .terminal import (
    Json,
    err,
    format_value,
    out,
    print_fields,
    print_json,
    print_warning,
    user_name,
)
from .webhooks import add_commands

HELP = {
    "account": "Who owns applications.",
    "application": "What answered calls run.",
    "key": "API keys of applications. A key is named by its id.",
    "rule": "Which numbers may be called: the allow and the deny list.",
    "proxy": "SIP proxies and trunks.",
    "group": "Proxy groups.",
    "header": "SIP headers for requests through proxies.",
    "credential": "Answers to digest challenges of a realm.",
    "webhook": "URIs that events are delivered to by HTTP, and their deliveries.",
    "licence": "How many calls the platform may carry.",
}
FLAGS = {"enabled": "--enabled/--disabled", "allow": "--allow/--deny"}
FROM_STDIN = "-"
FIELDS = "Fields"  # the group of options

Command = Callable[..., None]
View = dict[str, object]  # JSON of an object


def _make_group(kind: ObjectKind) -> typer.Typer:
    """Make the commands for objects of *kind*."""
    group = make_group(no_args_is_help=True, help=HELP[kind.table])
    makers = (_list, _show, _add, _set, _remove) if kind.identity else (_show, _set)
    for make in makers:
        name = make.__name__.removeprefix("_")
        group.command(name, cls=GroupedCommand)(make(kind))
    if kind.pause:
        group.command(kind.pause, cls=GroupedCommand)(_pause(kind))
        group.command("resume", cls=GroupedCommand)(_resume(kind))
    if kind.table == "proxy":
        group.command("status", cls=GroupedCommand)(status)
    if kind.table == "webhook":
        add_commands(group)
    return group


def _list(kind: ObjectKind) -> Command:
    def command(target: PlatformTarget, *, as_json: bool, as_csv: bool) -> None:
        views = with_admin(target, lambda admin: admin.views(kind))
        if as_json:
            print_json(views)
            return
        names = _choose_columns(kind, views)
        rows = [[_format(view.get(name)) for name in names] for view in views]
        print_list(names, rows, as_csv=as_csv)

    csv = Parameter("as_csv", Parameter.KEYWORD_ONLY, default=False, annotation=Csv)
    return _make_command(command, f"List the {kind.plural}.", [csv])


def _show(kind: ObjectKind) -> Command:
    def command(
        target: PlatformTarget, *, as_json: bool, identity: str = kind.table
    ) -> None:
        view = with_admin(target, lambda admin: admin.view(kind, identity))
        _print(view, as_json=as_json)

    return _make_command(
        command, f"Show {_name_kind(kind)}.", _make_identity_parameters(kind)
    )


def _add(kind: ObjectKind) -> Command:
    def command(
        target: PlatformTarget,
        *,
        as_json: bool,
        identity: str | None = None,
        **values: object,
    ) -> None:
        fields = _collect_fields(kind, {kind.identity: identity, **values})
        _ask_for_password(kind, fields)
        view = with_admin(
            target, lambda admin: admin.add(kind, fields), may_create=True
        )
        if "key" in view:
            err.print("The key is shown this once: only its hash is kept.")
        if "secrets" in view:
            err.print("The secret is shown this once.")
        _print(view, as_json=as_json)

    named = [] if _is_hashed(kind) else _make_identity_parameters(kind, is_new=True)
    options = _make_options(kind, is_new=True)
    return _make_command(command, f"Add {_name_kind(kind)}.", [*named, *options])


def _set(kind: ObjectKind) -> Command:
    def command(
        target: PlatformTarget,
        *,
        as_json: bool,
        unset: list[str] | None,
        identity: str = kind.table,
        **values: object,
    ) -> None:
        cleared = {name.replace("-", "_"): None for name in unset or ()}
        fields = {**_collect_fields(kind, values), **cleared}
        if not fields:
            raise typer.BadParameter("nothing is given that could change")
        view = with_admin(
            target,
            lambda admin: admin.set(kind, identity, fields),
            may_create=not kind.identity,
        )
        _print(view, as_json=as_json)

    text = f"Change {_name_kind(kind)}: what is not named stays as it is."
    options = _make_options(kind, is_new=False)
    return _make_command(
        command,
        text,
        [*_make_identity_parameters(kind), *options, _make_unset_option(kind)],
    )


def _remove(kind: ObjectKind) -> Command:
    def command(
        target: PlatformTarget, *, as_json: bool, identity: str, force: bool
    ) -> None:
        with_admin(target, lambda admin: admin.remove(kind, identity, force=force))
        if as_json:
            print_json({"removed": identity})
        else:
            out.print(Text(f"The {kind.table} {identity} is removed."))

    option = typer.Option("--force", help="Even if others refer to it.")
    force = _make_parameter("force", bool, option, default=False)
    return _make_command(
        command,
        f"Remove {_name_kind(kind)}.",
        [*_make_identity_parameters(kind), force],
    )


def _pause(kind: ObjectKind) -> Command:
    def command(
        target: PlatformTarget, *, as_json: bool, identity: str, reason: str
    ) -> None:
        view = with_admin(
            target,
            lambda admin: admin.pause(kind, identity, reason=reason, by=user_name()),
        )
        _print(view, as_json=as_json)

    info = typer.Option("--reason", help="Why: clients and people read it.")
    return _make_command(
        command,
        _PAUSE[kind.table].format(_name_kind(kind)),
        [*_make_identity_parameters(kind), _make_parameter("reason", str, info)],
    )


def _resume(kind: ObjectKind) -> Command:
    def command(target: PlatformTarget, *, as_json: bool, identity: str) -> None:
        view = with_admin(target, lambda admin: admin.resume(kind, identity))
        _print(view, as_json=as_json)

    return _make_command(
        command,
        _RESUME[kind.table].format(_name_kind(kind)),
        _make_identity_parameters(kind),
    )


_PAUSE = {
    "proxy": "Place no new calls through {}; those that live go on.",
    "account": "Place no new calls of {}; those that live go on.",
    "application": "Place no new calls of {}; those that live go on.",
    "webhook": "Deliver nothing to {}; its events wait.",
}
_RESUME = {
    "proxy": "Place calls through {} again.",
    "account": "Place calls of {} again.",
    "application": "Place calls of {} again.",
    "webhook": "Deliver to {} again, first what has waited.",
}


def _name_kind(kind: ObjectKind) -> str:
    return f"one {kind.table}" if kind.identity else f"the {kind.table}"


def _make_command(command: Command, text: str, parameters: list[Parameter]) -> Command:
    """Make what Typer reads of *command*: its signature, and *text* as help.

    *command* is called with the ``PlatformTarget``, and the other parameters by their names.
    """
    platform = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        for name, annotation in TARGET_OPTIONS.items()
    ]
    as_json = Parameter(
        "as_json", Parameter.KEYWORD_ONLY, default=False, annotation=Json
    )

    def with_target(**values: Any) -> None:
        target = PlatformTarget(**{name: values.pop(name) for name in TARGET_OPTIONS})
        command(target, **values)

    signature = Signature([*parameters, as_json, *platform])
    with_target.__signature__ = signature  # type: ignore[attr-defined]
    with_target.__doc__ = text
    return with_target


def _make_parameter(
    name: str, of_type: object, info: object, default: object = Parameter.empty
) -> Parameter:
    annotation = Annotated[of_type, info]  # type: ignore[valid-type]
    return Parameter(
        name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


def _make_identity_parameters(
    kind: ObjectKind, *, is_new: bool = False
) -> list[Parameter]:
    if not kind.identity:
        return []
    name = "id" if _is_hashed(kind) else kind.identity
    text = kind.model.model_fields[kind.identity].description
    info = typer.Argument(
        metavar=name.upper(),
        help=text if is_new else f"The {name} of the {kind.table}.",
        autocompletion=None if is_new else complete_identity(kind.table),
    )
    return [_make_parameter("identity", str, info)]


def _make_options(kind: ObjectKind, *, is_new: bool) -> list[Parameter]:
    hashed, secret = _is_hashed(kind), kind.secret
    options = [
        _make_option(kind, field, info, is_new=is_new)
        for field, info in kind.model.model_fields.items()
        if field != kind.identity or (is_new and hashed)
    ]
    if secret and secret.is_hashed and (is_new or not hashed):
        text = f"{secret.help} (- reads it from standard input)"
        info = typer.Option(
            f"--{secret.given}", help=text, metavar="TEXT", rich_help_panel=FIELDS
        )
        options.append(_make_parameter(secret.given, str | None, info, default=None))
    return options


def _make_option(
    kind: ObjectKind, field: str, info: FieldInfo, *, is_new: bool
) -> Parameter:
    is_hash = kind.secret is not None and kind.secret.held == field
    of_type = _simplify_type(info.annotation)
    table = dict(kind.references).get(field)
    option = typer.Option(
        _name_option(field, of_type),
        help=_describe_option(info, of_type, is_new=is_new),
        show_default=False,
        metavar=_METAVARS.get(of_type) or ("NAME" if _list_choices(of_type) else None),
        rich_help_panel=FIELDS,
        autocompletion=complete_identity(table) if table else None,
    )
    if is_new and info.is_required() and not is_hash:
        return _make_parameter(field, of_type, option)
    return _make_parameter(field, of_type | None, option, default=None)


def _describe_option(info: FieldInfo, of_type: Any, *, is_new: bool) -> str:
    """The description of the field, what it may be, and what it is by default."""
    text = info.description or ""
    if choices := _list_choices(of_type):
        text += f" One of {', '.join(choices)}."
    default = format_value(info.default) if is_new and not info.is_required() else ""
    return f"{text}  [default: {default}]" if default else text


def _list_choices(of_type: Any) -> list[str]:
    """The values of an enumeration; none for other types."""
    is_enum = isinstance(of_type, type) and issubclass(of_type, Enum)
    return [str(member.value) for member in of_type] if is_enum else []


_METAVARS = {str: "TEXT", int: "NUMBER", float: "NUMBER", list[str]: "TEXT"}


def _name_option(field: str, of_type: object) -> str:
    name = field.replace("_", "-")
    if of_type is bool:
        return FLAGS.get(field, f"--{name}/--no-{name}")
    return f"--{name.removesuffix('s') if get_origin(of_type) is list else name}"


def _simplify_type(annotation: Any) -> Any:
    """The type that Typer understands: without constraints, and a list for a tuple."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _simplify_type(arguments[0])
    if origin in (Union, UnionType):
        return _simplify_type(
            next(argument for argument in arguments if argument is not NoneType)
        )
    if origin is tuple:
        return list[_simplify_type(arguments[0])]  # type: ignore[misc]
    return annotation


def _make_unset_option(kind: ObjectKind) -> Parameter:
    names = [
        field.replace("_", "-")
        for field, info in kind.model.model_fields.items()
        if not info.is_required()
    ]

    def complete(incomplete: str) -> list[str]:
        return [name for name in names if name.startswith(incomplete)]

    text = "Option to set back to what it is by default; repeatable."
    info = typer.Option(
        "--unset",
        help=text,
        metavar="OPTION",
        autocompletion=complete,
        rich_help_panel=FIELDS,
    )
    return _make_parameter("unset", list[str] | None, info, default=None)


def _collect_fields(
    kind: ObjectKind, options: Mapping[str, object]
) -> dict[str, object]:
    fields = {name: value for name, value in options.items() if value not in (None, [])}
    if kind.secret and fields.get(kind.secret.given) == FROM_STDIN:
        fields[kind.secret.given] = _read(kind.secret.given)
    if kind.secret and fields.get(kind.secret.given) == [FROM_STDIN]:
        fields[kind.secret.given] = [_read(kind.secret.given)]
    return fields


def _ask_for_password(kind: ObjectKind, fields: dict[str, object]) -> None:
    if kind.table == "credential" and not {"password", "ha1"} & fields.keys():
        fields["password"] = _read("password")


def _read(name: str) -> str:
    if sys.stdin.isatty():
        return str(typer.prompt(name.capitalize(), hide_input=True, err=True))
    if not (text := sys.stdin.readline().rstrip("\r\n")):
        hint = f"--{name}"
        raise typer.BadParameter("Standard input has none.", param_hint=hint)
    return text


def _is_hashed(kind: ObjectKind) -> bool:
    """Whether objects of *kind* are found by a hash; commands name them by an id then."""
    return kind.secret is not None and kind.secret.held == kind.identity


def _print(view: View, *, as_json: bool) -> None:
    if as_json:
        print_json(view)
        return
    for warning in cast(list[str], view.pop("warnings", [])):
        print_warning(warning)
    print_fields([(name, _format(value)) for name, value in view.items()])


def _choose_columns(kind: ObjectKind, views: list[View]) -> list[str]:
    """The members to list: all of *views*, but those at their default in each of them."""
    fields = kind.model.model_fields
    return [
        name
        for name in dict.fromkeys(name for view in views for name in view)
        if name not in fields
        or fields[name].is_required()
        or any(
            format_value(view[name]) != format_value(fields[name].default)
            for view in views
        )
    ]


def _format(value: object) -> str:
    """Write *value* of an object, or its ``PauseView``, as people read it."""
    if isinstance(value, dict):
        return f"since {value['since']}, by {value['by']}: {value['reason']}"
    return format_value(value)


class _Groups:
    """The groups of commands, by the plural of their kind; each is made when it is asked for."""

    def __getattr__(self, plural: str) -> typer.Typer:
        for kind in KINDS.values():
            if kind.plural == plural:
                return _make_group(kind)
        raise AttributeError(plural)


groups = _Groups()
