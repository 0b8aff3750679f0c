"""``outring accounts``, ``outring apps`` and so on: a group of commands for each kind of object.

All of it is made from the outlines of the objects' models, so that a new field is a new option
without a change here. The models themselves are imported once a command is run.
"""

import sys
from collections.abc import Awaitable, Callable, Mapping
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, cast

import typer
from rich.text import Text

from .help_pages import GroupedCommand, make_group
from .listing import Csv, print_list
from .object_outlines import FieldOutline, ObjectOutline, read_outlines
from .platform_access import with_admin
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

if TYPE_CHECKING:
    from engine.administration.admin import Admin
    from engine.platform.objects import ObjectKind

    from .remote_admin import RemoteAdmin

T = TypeVar("T")

HELP = {
    "account": "Who owns applications.",
    "application": "What answered calls run.",
    "key": "API keys of applications. A key is named by its id.",
    "rule": "Which numbers may be called: the allow and the deny list.",
    "proxy": "SIP proxies and trunks.",
    "group": "Proxy groups.",
    "header": "SIP headers for requests through proxies.",
    "credential": "Answers to digest challenges of a realm.",
    "campaign": "Campaigns: lists of contacts that are called at a pace, and their contacts.",
    "caller_ids": "Pools of numbers that campaigns show.",
    "window_rule": "When a jurisdiction lets numbers be called.",
    "webhook": "URIs that events are delivered to by HTTP, and their deliveries.",
    "licence": "How many calls the platform may carry.",
}
FLAGS = {"enabled": "--enabled/--disabled", "allow": "--allow/--deny"}
FROM_STDIN = "-"
FIELDS = "Fields"  # the group of options

Command = Callable[..., None]
View = dict[str, object]  # JSON of an object


def _make_group(kind: ObjectOutline) -> typer.Typer:
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
        from .proxy_status import status

        group.command("status", cls=GroupedCommand)(status)
    if kind.table == "campaign":
        from .campaign_simulate import simulate
        from .campaigns import add_commands as add_campaign_commands

        add_campaign_commands(group)
        group.command("create", cls=GroupedCommand, hidden=True)(_add(kind))
        group.command("simulate", cls=GroupedCommand)(simulate)
    if kind.table == "webhook":
        from .webhooks import add_commands

        add_commands(group)
    return group


def _list(kind: ObjectOutline) -> Command:
    def command(target: PlatformTarget, *, as_json: bool, as_csv: bool) -> None:
        views = _administer(kind, target, lambda admin, of: admin.views(of))
        if as_json:
            print_json(views)
            return
        names = _choose_columns(kind, views)
        rows = [[_format(view.get(name)) for name in names] for view in views]
        print_list(names, rows, as_csv=as_csv)

    csv = Parameter("as_csv", Parameter.KEYWORD_ONLY, default=False, annotation=Csv)
    return _make_command(command, f"List the {kind.plural}.", [csv])


def _show(kind: ObjectOutline) -> Command:
    def command(
        target: PlatformTarget, *, as_json: bool, identity: str = kind.table
    ) -> None:
        view = _administer(kind, target, lambda admin, of: admin.view(of, identity))
        _print(view, as_json=as_json)

    return _make_command(
        command, f"Show {_name_kind(kind)}.", _make_identity_parameters(kind)
    )


def _add(kind: ObjectOutline) -> Command:
    def command(
        target: PlatformTarget,
        *,
        as_json: bool,
        identity: str | None = None,
        **values: object,
    ) -> None:
        fields = _collect_fields(kind, {kind.identity: identity, **values})
        _ask_for_password(kind, fields)
        view = _administer(
            kind, target, lambda admin, of: admin.add(of, fields), may_create=True
        )
        if "key" in view:
            err.print("The key is shown this once: only its hash is kept.")
        if "secrets" in view:
            err.print("The secret is shown this once.")
        _print(view, as_json=as_json)

    named = [] if kind.is_named_by_id else _make_identity_parameters(kind, is_new=True)
    options = _make_options(kind, is_new=True)
    return _make_command(command, f"Add {_name_kind(kind)}.", [*named, *options])


def _set(kind: ObjectOutline) -> Command:
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
        view = _administer(
            kind,
            target,
            lambda admin, of: admin.set(of, identity, fields),
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


def _remove(kind: ObjectOutline) -> Command:
    def command(
        target: PlatformTarget, *, as_json: bool, identity: str, force: bool
    ) -> None:
        _administer(
            kind, target, lambda admin, of: admin.remove(of, identity, force=force)
        )
        if as_json:
            print_json({"removed": identity})
        else:
            out.print(Text(f"The {kind.noun} {identity} is removed."))

    option = typer.Option("--force", help="Even if others refer to it.")
    force = _make_parameter("force", bool, option, default=False)
    return _make_command(
        command,
        f"Remove {_name_kind(kind)}.",
        [*_make_identity_parameters(kind), force],
    )


def _pause(kind: ObjectOutline) -> Command:
    def command(
        target: PlatformTarget, *, as_json: bool, identity: str, reason: str
    ) -> None:
        view = _administer(
            kind,
            target,
            lambda admin, of: admin.pause(of, identity, reason=reason, by=user_name()),
        )
        _print(view, as_json=as_json)

    info = typer.Option("--reason", help="Why: clients and people read it.")
    return _make_command(
        command,
        _PAUSE[kind.table].format(_name_kind(kind)),
        [*_make_identity_parameters(kind), _make_parameter("reason", str, info)],
    )


def _resume(kind: ObjectOutline) -> Command:
    def command(target: PlatformTarget, *, as_json: bool, identity: str) -> None:
        view = _administer(kind, target, lambda admin, of: admin.resume(of, identity))
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


def _name_kind(kind: ObjectOutline) -> str:
    return f"one {kind.noun}" if kind.identity else f"the {kind.noun}"


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
    kind: ObjectOutline, *, is_new: bool = False
) -> list[Parameter]:
    if not kind.identity:
        return []
    name = "id" if kind.is_named_by_id else kind.identity
    field = kind.field(kind.identity) if is_new else None
    info = typer.Argument(
        metavar=name.upper(),
        help=field.description if field else f"The {name} of the {kind.noun}.",
        autocompletion=None if is_new else complete_identity(kind.table),
    )
    return [_make_parameter("identity", str, info)]


def _make_options(kind: ObjectOutline, *, is_new: bool) -> list[Parameter]:
    hashed, secret = kind.is_named_by_id, kind.secret
    options = [
        _make_option(kind, field, is_new=is_new)
        for field in kind.fields
        if field.name != kind.identity or (is_new and hashed)
    ]
    if secret and secret.is_hashed and (is_new or not hashed):
        text = f"{secret.help} (- reads it from standard input)"
        info = typer.Option(
            f"--{secret.given}", help=text, metavar="TEXT", rich_help_panel=FIELDS
        )
        options.append(_make_parameter(secret.given, str | None, info, default=None))
    return options


def _make_option(
    kind: ObjectOutline, field: FieldOutline, *, is_new: bool
) -> Parameter:
    is_hash = kind.secret is not None and kind.secret.held == field.name
    of_type: Any = Literal[field.choices] if field.choices else TYPES[field.type]
    option = typer.Option(
        _name_option(field),
        help=_describe_option(field, is_new=is_new),
        show_default=False,
        metavar="NAME" if field.choices else METAVARS[field.type],
        rich_help_panel=FIELDS,
        autocompletion=complete_identity(field.refers_to) if field.refers_to else None,
    )
    if is_new and field.is_required and not is_hash:
        return _make_parameter(field.name, of_type, option)
    return _make_parameter(field.name, of_type | None, option, default=None)


def _describe_option(field: FieldOutline, *, is_new: bool) -> str:
    """The description of the field, what it may be, and what it is by default."""
    text = field.description
    if field.choices:
        text += f" One of {', '.join(field.choices)}."
    return f"{text}  [default: {field.default}]" if is_new and field.default else text


TYPES: Mapping[str, Any] = {
    "text": str,
    "integer": int,
    "decimal": float,
    "flag": bool,
    "texts": list[str],
    "json": str,
}
METAVARS = {
    "text": "TEXT",
    "integer": "NUMBER",
    "decimal": "NUMBER",
    "flag": None,
    "texts": "TEXT",
    "json": "JSON",
}
SINGULARS = {"prefixes": "prefix"}  # of plurals without a bare s


def _name_option(field: FieldOutline) -> str:
    name = field.name.replace("_", "-")
    if field.type == "flag":
        return FLAGS.get(field.name, f"--{name}/--no-{name}")
    if field.type != "texts":
        return f"--{name}"
    return f"--{SINGULARS.get(name) or name.removesuffix('s')}"


def _make_unset_option(kind: ObjectOutline) -> Parameter:
    names = [
        field.name.replace("_", "-") for field in kind.fields if not field.is_required
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
    kind: ObjectOutline, options: Mapping[str, object]
) -> dict[str, object]:
    fields = {name: value for name, value in options.items() if value not in (None, [])}
    if kind.secret and fields.get(kind.secret.given) == FROM_STDIN:
        fields[kind.secret.given] = _read(kind.secret.given)
    if kind.secret and fields.get(kind.secret.given) == [FROM_STDIN]:
        fields[kind.secret.given] = [_read(kind.secret.given)]
    return fields


def _ask_for_password(kind: ObjectOutline, fields: dict[str, object]) -> None:
    if kind.table == "credential" and not {"password", "ha1"} & fields.keys():
        fields["password"] = _read("password")


def _read(name: str) -> str:
    if sys.stdin.isatty():
        return str(typer.prompt(name.capitalize(), hide_input=True, err=True))
    if not (text := sys.stdin.readline().rstrip("\r\n")):
        hint = f"--{name}"
        raise typer.BadParameter("Standard input has none.", param_hint=hint)
    return text


def _administer(
    kind: ObjectOutline,
    target: PlatformTarget,
    work: "Callable[[Admin | RemoteAdmin, ObjectKind], Awaitable[T]]",
    *,
    may_create: bool = False,
) -> T:
    """Do *work* as ``with_admin`` does, with the kind of objects that *kind* outlines."""
    from engine.platform.objects import KINDS

    whole = KINDS[kind.table]
    return with_admin(target, lambda admin: work(admin, whole), may_create=may_create)


def _print(view: View, *, as_json: bool) -> None:
    if as_json:
        print_json(view)
        return
    for warning in cast(list[str], view.pop("warnings", [])):
        print_warning(warning)
    print_fields([(name, _format(value)) for name, value in view.items()])


def _choose_columns(kind: ObjectOutline, views: list[View]) -> list[str]:
    """The members to list: all of *views*, but those at their default in each of them."""
    return [
        name
        for name in dict.fromkeys(name for view in views for name in view)
        if (field := kind.field(name)) is None
        or field.is_required
        or any(format_value(view[name]) != field.default for view in views)
    ]


def _format(value: object) -> str:
    """Write *value* of an object, or its ``PauseView``, as people read it."""
    if isinstance(value, dict) and value.keys() == {"since", "by", "reason"}:
        return f"since {value['since']}, by {value['by']}: {value['reason']}"
    return format_value(value)


class _Groups:
    """The groups of commands, by the plural of their kind, with underscores or dashes; each is
    made when it is asked for."""

    def __getattr__(self, name: str) -> typer.Typer:
        plural = name.replace("_", "-")
        for kind in read_outlines():
            if kind.plural == plural:
                return _make_group(kind)
        raise AttributeError(name)


groups = _Groups()
