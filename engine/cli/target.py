"""PlatformTarget: on which platform a command works, and the options that say so.

Commands that read and change objects and records work on the database of the settings, or
through the API of a platform that runs. Others always use the API.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from .contexts import Context, ContextError, Contexts, read_contexts
from .terminal import MISUSED, print_error

DEFAULT_URL = "http://127.0.0.1:9698"
CONTEXT = "OUTRING_CONTEXT"  # the variable that names a context
GROUP = "Which platform"
NO_TOKEN = "say --token, set OUTRING_ADMIN_TOKEN, or use `outring login`"
NO_KEY = "say --key, set OUTRING_API_KEY, or use `outring login`"


@dataclass(frozen=True, slots=True)
class PlatformTarget:
    """What was said of the platform: its settings, or where it serves."""

    config: Path | None = None
    url: str | None = None
    token: str | None = field(default=None, repr=False)
    context: str | None = None

    def remote(self) -> Context | None:
        """Return the platform whose API is to be used; None: the database of the settings.

        Options go first, then the context that the environment names, then settings that
        are here, then the URL of the environment or the last login. Ends the command with
        one sentence if there is no token.
        """
        context = self._find()
        return None if context is None else _with_token(context, self.token)

    def _find(self) -> Context | None:
        if self.url or self.context:
            return find_context(self.url, self.context)
        if self.config:
            return None
        if name := os.environ.get(CONTEXT):
            return find_context(None, name)
        if _has_settings():
            return None
        url = os.environ.get("OUTRING_URL")
        return find_context(url, None) if url else _contexts().find()


def find_context(url: str | None, name: str | None) -> Context:
    """Find what is known of the platform at *url*, or else the context *name*.

    Without both it is the one of the last login, unless there are settings here: then the
    platform serves on this machine. Ends the command if there is no context *name*.
    """
    contexts = _contexts()
    if url:
        return contexts.of_url(url.rstrip("/"))
    if name:
        if (context := contexts.find(name)) is None:
            names = ", ".join(contexts.by_name) or "none"
            print_error(f"There is no context {name}; there are {names}.")
            raise typer.Exit(MISUSED)
        return context
    current = None if _has_settings() else contexts.find()
    return current or contexts.of_url(DEFAULT_URL)


def _contexts() -> Contexts:
    try:
        return read_contexts()
    except ContextError as error:
        print_error(str(error))
        raise typer.Exit(MISUSED) from error


def _has_settings() -> bool:
    variables = {"OUTRING_CONFIG", "OUTRING_DATABASE_URL"}
    return bool(variables & os.environ.keys()) or os.path.exists("outring.toml")


def _with_token(context: Context, token: str | None) -> Context:
    token = token or os.environ.get("OUTRING_ADMIN_TOKEN") or context.token
    if not token:
        print_error(f"{context.url} wants an admin token: {NO_TOKEN}.")
        raise typer.Exit(MISUSED)
    return Context(context.url, token, context.key)


# -- options -----------------------------------------------------------------------


def _choose_url(context: typer.Context, value: str | None) -> str:
    if context.resilient_parsing:
        return ""
    return find_context(value, os.environ.get(CONTEXT)).url


def _choose_token(context: typer.Context, value: str | None) -> str:
    stored = "" if context.resilient_parsing else _stored(context).token
    return _require(context, value or stored, NO_TOKEN, "--token")


def _choose_key(context: typer.Context, value: str | None) -> str:
    stored = "" if context.resilient_parsing else _stored(context).key
    return _require(context, value or stored, NO_KEY, "--key")


def _choose_credential(context: typer.Context, value: str | None) -> str | None:
    """The admin token that was given, or that of the login if no key was."""
    if value or context.resilient_parsing or context.params.get("key"):
        return value
    return _stored(context).token


def _stored(context: typer.Context) -> Context:
    """What is known of the platform whose URL *context* has chosen already."""
    url = context.params["url"]
    named = _contexts().find(os.environ.get(CONTEXT))
    return named if named and named.url == url else find_context(url, None)


def _require(context: typer.Context, value: str | None, text: str, option: str) -> str:
    if not value and not context.resilient_parsing:
        raise typer.BadParameter(text, param_hint=option)
    return value or ""


Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        help="Settings file (else OUTRING_CONFIG, ./outring.toml).",
        metavar="FILE",
        rich_help_panel=GROUP,
    ),
]
RemoteUrl = Annotated[
    str | None,
    typer.Option(
        "--url",
        help="Work through the API of the platform at this URL, not on the database.",
        metavar="URL",
        rich_help_panel=GROUP,
    ),
]
RemoteToken = Annotated[
    str | None,
    typer.Option(
        "--token",
        help="Token of its admin API (else OUTRING_ADMIN_TOKEN, or that of the login).",
        metavar="TOKEN",
        rich_help_panel=GROUP,
    ),
]
ContextName = Annotated[
    str | None,
    typer.Option(
        "--context",
        help=f"Work through the API of a platform that outring login has stored (else {CONTEXT}).",
        metavar="NAME",
        rich_help_panel=GROUP,
    ),
]
TARGET_OPTIONS = {
    "config": Config,
    "url": RemoteUrl,
    "token": RemoteToken,
    "context": ContextName,
}
"""The options of the fields of ``PlatformTarget``."""
Url = Annotated[
    str,
    typer.Option(
        "--url",
        envvar="OUTRING_URL",
        help=f"Where outring serves (else that of the login, {DEFAULT_URL}).",
        show_default=False,
        metavar="URL",
        callback=_choose_url,
        is_eager=True,
        rich_help_panel=GROUP,
    ),
]
Token = Annotated[
    str,
    typer.Option(
        "--token",
        envvar="OUTRING_ADMIN_TOKEN",
        help="Token of the admin API (else that of the login).",
        show_default=False,
        metavar="TOKEN",
        callback=_choose_token,
        rich_help_panel=GROUP,
    ),
]
Key = Annotated[
    str,
    typer.Option(
        "--key",
        envvar="OUTRING_API_KEY",
        help="API key of an application (else that of the login).",
        show_default=False,
        metavar="KEY",
        callback=_choose_key,
        rich_help_panel=GROUP,
    ),
]
AnyToken = Annotated[
    str | None,
    typer.Option(
        "--token",
        envvar="OUTRING_ADMIN_TOKEN",
        help="Token of the admin API (else that of the login).",
        metavar="TOKEN",
        callback=_choose_credential,
        rich_help_panel=GROUP,
    ),
]
AnyKey = Annotated[
    str | None,
    typer.Option(
        "--key",
        envvar="OUTRING_API_KEY",
        help="Without a token: API key of the application whose calls are meant.",
        metavar="KEY",
        is_eager=True,
        rich_help_panel=GROUP,
    ),
]
