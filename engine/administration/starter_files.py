"""Starter files: the settings and the platform with which somebody begins. Pure."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import tomli_w

from engine.config.settings_file import write_settings
from engine.config.toml_file import ConfigMistake, ConfigurationError, TomlFile
from sip.agent import ListeningPoint
from sip.uri import SipUri

from .declarative_file import read_objects

SIP_PORT = 5060


@dataclass(frozen=True, slots=True)
class StarterAnswers:
    """What somebody has answered to the questions of ``outring init``; empty: nothing."""

    sip_address: str
    caller_id: str = ""
    trunk: str = ""
    """The SIP URI of the trunk that takes calls to numbers."""
    trunk_user: str = ""
    trunk_password: str = ""
    document: str = ""
    """URI of the document that an answered call runs."""


@dataclass(frozen=True, slots=True)
class StarterHashes:
    """The SHA-256 of the first API key, and of the admin token, in hex."""

    key: str
    token: str


def usual_sip_address(trunk: str) -> str:
    """Return where to speak SIP: everywhere if there is a *trunk*, else on loopback."""
    return "0.0.0.0" if trunk else "127.0.0.1"


def make_settings_text(answers: StarterAnswers, hashes: StarterHashes) -> str:
    """Return ``outring.toml``."""
    listener = ListeningPoint("udp", answers.sip_address, SIP_PORT)
    chosen: dict[tuple[str, str], object] = {
        ("sip", "listen"): [str(listener)],
        ("admin", "token_sha256"): hashes.token,
    }
    if answers.caller_id:
        chosen["sip", "caller_id"] = answers.caller_id
    return f"{_SETTINGS_HEAD}\n{write_settings(chosen)}"


def make_platform_text(answers: StarterAnswers, hashes: StarterHashes) -> str:
    """Return ``platform.toml``.

    Raises ConfigurationError or InvalidUriError if one of the answers cannot be used.
    """
    if answers.document:
        check_document(answers.document)
    parts = [_PLATFORM_HEAD, _make_application(answers.document), _make_key(hashes.key)]
    if answers.trunk:
        parts.append(_make_trunk(answers))
    text = "\n".join(parts)
    read_objects(TomlFile(Path("platform.toml"), text))
    return text


def check_document(uri: str) -> None:
    """Raise ConfigurationError unless *uri* is one by which documents are fetched."""
    if urlsplit(uri).scheme not in ("http", "https", "file"):
        text = f"{uri} is no URI that begins with http://, https:// or file:///."
        raise ConfigurationError([ConfigMistake("document", text)])


def _make_application(document: str) -> str:
    kind = "VXML" if document.lower().endswith(".vxml") else "CCXML"
    uri = tomli_w.dumps({"uri": document}) if document else f"{_NO_URI}\n"
    return f'{_APPLICATION}{uri}type = "{kind}"\n'


def _make_key(sha256: str) -> str:
    return f'{_KEY}sha256 = "{sha256}"\napplication = "main"\n'


def _make_trunk(answers: StarterAnswers) -> str:
    address = tomli_w.dumps({"address": answers.trunk})
    text = f"{_TRUNK_HEAD}{address}{_GROUP}"
    if not answers.trunk_user:
        return text
    credential = {
        "realm": SipUri.parse(answers.trunk).host,
        "username": answers.trunk_user,
        "password": answers.trunk_password,
    }
    return f"{text}{_CREDENTIAL_HEAD}{tomli_w.dumps(credential)}"


_SETTINGS_HEAD = """\
# Settings of outring. What is commented out is the default; after a change restart
# `outring serve`. `outring check` explains mistakes.
"""
_PLATFORM_HEAD = """\
# Who may call, what an answered call runs, and through whom calls go. After a change:
# `outring apply platform.toml`, which needs no restart.

[[account]]
id = "main"
# call_limit = 10         # calls at once
# calls_per_second = 1
"""
_APPLICATION = """\
[[application]]
id = "main"
account = "main"
# The CCXML or VoiceXML document that an answered call runs. Without one a call speaks, if
# it is asked to (`outring call --say`), and is silent otherwise.
"""
_NO_URI = '# uri = "http://127.0.0.1:8080/start.ccxml"'
_KEY = """\
# The hash of the key that `outring init` has shown; `outring keys add` makes another one.
[[key]]
"""
_TRUNK_HEAD = """\
# Where calls go; numbers become user parts of its address.
[[proxy]]
id = "trunk"
mode = "REWRITE_DESTINATION"
# ping_interval_ms = 30000    # ask it by OPTIONS whether it is there
"""
_GROUP = """
[[group]]
id = "trunk"
members = ["trunk"]
default = true
"""
_CREDENTIAL_HEAD = """
# The realm is the one that the trunk's challenge names (`outring ladder` shows that it asks).
[[credential]]
"""
