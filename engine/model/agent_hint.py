"""Agents: that whoever answers a call of a campaign is given to one, or hears why not. Pure."""

from typing import Annotated

import msgspec
from msgspec import Meta

from .voicemail import MOST_TEXT


class AgentHint(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Gives whoever answers to a free agent of the campaign, in place of a document."""

    message: Annotated[
        str,
        Meta(
            max_length=MOST_TEXT,
            description="What is spoken to somebody for whom no agent was free in time.",
        ),
    ] = ""
    voice: Annotated[
        str | None, Meta(description="Language or name of the voice that speaks.")
    ] = None
    proxy_group: Annotated[
        str | None,
        Meta(description="Proxy group that agents are called by; else as other calls."),
    ] = None
