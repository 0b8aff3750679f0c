"""The table of commands, each of which is imported only once it is needed.

So the list of commands, the version and a completion take no longer than the import of Typer.
"""

import pkgutil
from dataclasses import dataclass
from typing import Any

import typer
from typer.completion import install_callback, show_callback
from typer.core import TyperCommand
from typer.main import get_command

from .help_pages import GroupedCommand, GroupedGroup, make_group

SERVE, PLATFORMS, CALLS = "Serve", "Platforms that run", "Calls"
OBJECTS = "Objects of the platform"
DOCUMENTS = "Documents and speech"


@dataclass(frozen=True, slots=True)
class CommandEntry:
    """A command: where it stands, and its line in the list of commands.

    *place* is its module in this package, a colon, and there the function or the ``Typer``.
    *summary* is the first sentence of its help.
    """

    name: str
    place: str
    heading: str
    summary: str

    def describe(self) -> TyperCommand:
        """Make what stands in for the command while commands are listed."""
        return TyperCommand(self.name, help=self.summary, rich_help_panel=self.heading)

    def load(self) -> Any:
        """Import the command itself, as a ``TyperCommand`` or ``TyperGroup``."""
        target = pkgutil.resolve_name(f"{__package__}.{self.place}")
        if not isinstance(target, typer.Typer):
            single = make_group()
            single.command(self.name, cls=GroupedCommand)(target)
            target = single
        command = get_command(target)
        command.name = self.name
        return command


ENTRIES = (
    CommandEntry(
        "demo",
        "demo:demo",
        SERVE,
        "Place two real calls on loopback and show them: one speaks, the other asks.",
    ),
    CommandEntry(
        "init",
        "init:init",
        SERVE,
        "Write outring.toml and platform.toml, with a first key and a token for the admin API.",
    ),
    CommandEntry(
        "config",
        "config:config",
        SERVE,
        "Print every setting with what it means, as a file that outring reads.",
    ),
    CommandEntry(
        "serve",
        "serve:serve",
        SERVE,
        "Serve the HTTP API and place calls, in the foreground.",
    ),
    CommandEntry(
        "check",
        "check:check",
        SERVE,
        "Check all that outring serve needs; exit status 2 if it would not start.",
    ),
    CommandEntry(
        "token",
        "token:token",
        SERVE,
        "Make a token for the admin API: shown this once, its hash is for outring.toml.",
    ),
    CommandEntry(
        "login",
        "login:login",
        PLATFORMS,
        "Store a platform with its token, and use its API wherever no settings are.",
    ),
    CommandEntry(
        "logout", "login:logout", PLATFORMS, "Forget a platform and its token."
    ),
    CommandEntry(
        "status",
        "status:status",
        PLATFORMS,
        "Show whether a platform takes calls, and how many it carries now.",
    ),
    CommandEntry(
        "nodes",
        "nodes:nodes",
        PLATFORMS,
        "Nodes, which carry the calls: list them, take one out of service.",
    ),
    CommandEntry(
        "call",
        "call:call",
        CALLS,
        "Place a call and follow it to its end; Ctrl-C hangs up.",
    ),
    CommandEntry(
        "callee",
        "callee:callee",
        CALLS,
        "Be called by SIP: ring, answer, refuse, speak, press digits, echo.",
    ),
    CommandEntry(
        "calls",
        "calls:calls",
        CALLS,
        "Calls that live: list them, show one, hang some up, steer one with a stream.",
    ),
    CommandEntry(
        "recordings",
        "recordings:recordings",
        CALLS,
        "Recordings of calls: list, fetch, delete and upload them, and record calls that live.",
    ),
    CommandEntry(
        "hangup",
        "hangup:hangup",
        CALLS,
        "Hang up all calls at once: of an application, of an account, or of the platform.",
    ),
    CommandEntry(
        "ladder",
        "ladder:ladder",
        CALLS,
        "Draw the SIP messages of a call: seconds since the first one, and since the last.",
    ),
    CommandEntry(
        "records",
        "records:records",
        CALLS,
        "Records of calls and of refused requests, the newest last.",
    ),
    CommandEntry(
        "apply",
        "apply:apply",
        OBJECTS,
        "Make the platform's objects those of a file; applied again it changes nothing.",
    ),
    CommandEntry(
        "export",
        "apply:export",
        OBJECTS,
        "Print all objects as a file for outring apply, keys and passwords as hashes.",
    ),
    CommandEntry(
        "accounts", "objects:groups.accounts", OBJECTS, "Who owns applications."
    ),
    CommandEntry("apps", "objects:groups.apps", OBJECTS, "What answered calls run."),
    CommandEntry(
        "keys",
        "objects:groups.keys",
        OBJECTS,
        "API keys of applications. A key is named by its id.",
    ),
    CommandEntry(
        "rules",
        "objects:groups.rules",
        OBJECTS,
        "Which numbers may be called: the allow and the deny list.",
    ),
    CommandEntry(
        "proxies", "objects:groups.proxies", OBJECTS, "SIP proxies and trunks."
    ),
    CommandEntry("groups", "objects:groups.groups", OBJECTS, "Proxy groups."),
    CommandEntry(
        "headers",
        "objects:groups.headers",
        OBJECTS,
        "SIP headers for requests through proxies.",
    ),
    CommandEntry(
        "credentials",
        "objects:groups.credentials",
        OBJECTS,
        "Answers to digest challenges of a realm.",
    ),
    CommandEntry(
        "webhooks",
        "objects:groups.webhooks",
        OBJECTS,
        "URIs that events are delivered to by HTTP, and their deliveries.",
    ),
    CommandEntry(
        "campaigns",
        "objects:groups.campaigns",
        OBJECTS,
        "Campaigns: lists of contacts that are called at a pace, and their contacts.",
    ),
    CommandEntry(
        "suppressions",
        "suppressions:suppressions",
        OBJECTS,
        "Numbers that campaigns must not call, by list: add, import, check, remove.",
    ),
    CommandEntry(
        "caller-ids",
        "objects:groups.caller_ids",
        OBJECTS,
        "Pools of numbers that campaigns show.",
    ),
    CommandEntry(
        "window-rules",
        "objects:groups.window_rules",
        OBJECTS,
        "When a jurisdiction lets numbers be called.",
    ),
    CommandEntry(
        "licence",
        "objects:groups.licence",
        OBJECTS,
        "How many calls the platform may carry.",
    ),
    CommandEntry(
        "ccxml",
        "ccxml_check:ccxml",
        DOCUMENTS,
        "Check and rehearse CCXML documents, and look at those that run.",
    ),
    CommandEntry(
        "vxml", "vxml:vxml", DOCUMENTS, "Check and rehearse VoiceXML documents."
    ),
    CommandEntry(
        "streams",
        "streams:streams",
        DOCUMENTS,
        "Audio streams: try a server, without a call.",
    ),
    CommandEntry(
        "say",
        "say:say",
        DOCUMENTS,
        "Write what callers would hear to a WAV file, by the speech command of the settings.",
    ),
    CommandEntry(
        "sounds",
        "sounds:sounds",
        DOCUMENTS,
        "Sounds that documents name by file: add any sound file, list what can be played.",
    ),
    CommandEntry(
        "voices",
        "say:voices",
        DOCUMENTS,
        "List the voices of espeak-ng; each is named by its language.",
    ),
)


SHELLS = ("bash", "zsh", "fish", "powershell", "pwsh")
_COMPLETION = {
    "--install-completion": install_callback,
    "--show-completion": show_callback,
}


class CommandTable(GroupedGroup):
    """The group of all commands of ``ENTRIES``."""

    def __init__(self, **options: Any) -> None:
        """Make the group; *options* are those of ``TyperGroup``."""
        super().__init__(**options)
        self._entries = {entry.name: entry for entry in ENTRIES}
        self.commands = {entry.name: entry.describe() for entry in ENTRIES}

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments; options of completion may name a shell, which Typer looks for."""
        if len(args) == 2 and args[0] in _COMPLETION:
            option, shell = args
            if shell not in SHELLS:
                hint = f"{shell} is none of the shells {', '.join(SHELLS)}."
                raise typer.BadParameter(hint, param_hint=option)
            _COMPLETION[option](ctx, None, shell)  # type: ignore[arg-type]
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that *args* begin with, and import it."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command and self._entries[args[0]].load(), rest
