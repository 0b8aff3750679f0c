"""``outring login`` and ``logout``: the platforms whose API commands use, and their tokens."""

import sys
from typing import Annotated
from urllib.parse import urlsplit

import typer

from .contexts import (
    Context,
    ContextError,
    Contexts,
    contexts_file,
    read_contexts,
    write_contexts,
)
from .terminal import MISUSED, REFUSED, out, print_error, print_warning

DEFAULT_NAME = "default"
FROM_STDIN = "-"


def _complete_context(incomplete: str) -> list[str]:
    try:
        names = read_contexts().by_name
    except ContextError:
        return []
    return [name for name in names if name.startswith(incomplete)]


def login(
    platform: Annotated[
        str,
        typer.Argument(
            metavar="URL|NAME",
            help="Where outring serves; or the name of an earlier login, to use it again.",
            autocompletion=_complete_context,
        ),
    ],
    token: Annotated[
        str,
        typer.Option(
            envvar="OUTRING_ADMIN_TOKEN",
            metavar="TOKEN",
            help="Token of the admin API; asked for without it, and - reads standard input.",
        ),
    ] = "",
    key: Annotated[
        str | None,
        typer.Option(
            envvar="OUTRING_API_KEY",
            metavar="KEY",
            help="API key of an application, for commands that place or show calls.",
        ),
    ] = None,
    name: Annotated[
        str, typer.Option(metavar="NAME", help="What --context calls the platform.")
    ] = DEFAULT_NAME,
) -> None:
    """Store a platform with its token, and use its API wherever no settings are.

    The token is tried before it is stored, in a file that only you may read (mode 600).
    Exit status 0: stored; 1: the token is not right; 2: nobody serves there.
    """
    contexts = _read()
    known = contexts.find(platform)
    if known is not None:
        _write(contexts.with_context(platform, known))
        out.print(f"Commands use {known.url} now.", highlight=False)
        return
    if not platform.startswith(("http://", "https://")):
        print_error(f"{platform} is neither a URL nor the name of a login.")
        raise typer.Exit(MISUSED)
    if not token or token == FROM_STDIN:
        token = _ask_for_token()
    if platform.startswith("http://") and not _is_here(platform):
        print_warning(f"The token goes to {platform} without TLS.")
    context = Context(platform.rstrip("/"), token, key)
    _try(context)
    _write(contexts.with_context(name, context))
    out.print(f"Stored in {contexts_file()}.", highlight=False, soft_wrap=True)


def logout(
    name: Annotated[
        str, typer.Argument(help="Of the login.", autocompletion=_complete_context)
    ] = DEFAULT_NAME,
) -> None:
    """Forget a platform and its token.

    Exit status 0: forgotten; 1: there is no such login.
    """
    contexts = _read()
    if contexts.find(name) is None:
        print_error(f"There is no login {name}.")
        raise typer.Exit(REFUSED)
    _write(contexts.without(name))
    out.print(f"The login {name} is forgotten.", highlight=False)


def _try(context: Context) -> None:
    """Ask the platform something with the token; ends the command if that fails."""
    from engine.platform.objects import KINDS

    from .remote_admin import run_remote

    licence = KINDS["licence"]
    run_remote(context, lambda admin: admin.view(licence, licence.table))


def _is_here(url: str) -> bool:
    """Whether *url* leads to this machine, so that nobody on the way can read a token."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def _ask_for_token() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Token", hide_input=True, err=True))
    return sys.stdin.readline().strip()


def _read() -> Contexts:
    try:
        return read_contexts()
    except ContextError as error:
        print_error(str(error))
        raise typer.Exit(MISUSED) from error


def _write(contexts: Contexts) -> None:
    try:
        write_contexts(contexts)
    except ContextError as error:
        print_error(str(error))
        raise typer.Exit(MISUSED) from error
