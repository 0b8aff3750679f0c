"""The platform that the tests call with."""

from typing import Any

from engine.platform.changes import plan
from engine.platform.objects import Objects
from engine.store import open_store

KEY = "key-of-the-tests"
CANCEL_KEY = "key-that-cancels"
ADMIN_TOKEN = "token-of-the-tests"
DENIED = "((sip|tel):)?0900.*"  # not in a port, where it stands by chance
EVIL_PATTERN = "(a+)+$"  # minutes for an engine that backtracks


def make_objects() -> Objects:
    """Accounts and applications, each with what its name says."""
    return Objects.model_validate(
        {
            "rule": [
                {"pattern": DENIED, "allow": False},
                {"pattern": "sip:0900-please@.*", "allow": True},
                {"pattern": EVIL_PATTERN, "allow": False},
            ],
            "account": [{"id": "acme"}, {"id": "small", "call_limit": 1}],
            "application": [
                {"id": "hello", "account": "acme"},
                {"id": "hasty", "account": "acme", "on_wait_timeout": "cancel"},
                {"id": "loyal", "account": "acme", "on_client_disconnect": "cancel"},
                {"id": "voice", "account": "acme", "type": "VXML"},
                {"id": "small", "account": "small", "call_limit": 1},
                {"id": "tight", "account": "acme", "call_limit": 1},
                {"id": "slow", "account": "acme", "calls_per_second": 2},
                {"id": "lost", "account": "acme-of-old"},
            ],
            "key": [
                key(KEY, "hello"),
                key(CANCEL_KEY, "hasty"),
                key("key-of-loyal-clients", "loyal"),
                key("key-of-a-voice", "voice"),
                key("key-of-small-account", "small"),
                key("key-of-small-application", "tight"),
                key("key-of-slow-application", "slow"),
                key("key-without-application", "none"),
                key("key-without-account", "lost"),
                {**key("key-that-is-off", "hello"), "enabled": False},
            ],
        }
    )


def key(text: str, application: str) -> dict[str, Any]:
    """An API key as a file has it."""
    return {"key": text, "application": application}


async def store_objects(url: str, objects: Objects) -> None:
    """Make the database at *url* hold *objects*."""
    store = await open_store(url)
    try:
        await store.apply(plan(await store.read_objects(), objects, prune=True))
    finally:
        await store.aclose()
