"""What requests find: keys, applications, groups."""

from functools import partial

import pytest

from engine.model.outbound_request import OutboundRequest, request_of
from engine.model.result import RefusedError, Result
from engine.platform.objects import Application, Objects, Webhook, digest_of
from engine.platform.snapshot import PlatformSnapshot
from engine.platform.webhook_fields import encode_secret

PLATFORM = PlatformSnapshot(
    Objects.model_validate(
        {
            "licence": {"calls": 10},
            "account": [{"id": "acme", "call_limit": 5, "calls_per_second": 3}],
            "application": [
                {"id": "hello", "account": "acme", "proxy_group": "own"},
                {"id": "plain", "account": "acme", "call_limit": 2},
                {"id": "orphan", "account": "gone"},
                {"id": "lost", "account": "acme", "proxy_group": "gone"},
            ],
            "key": [
                {"key": "plain-text-key", "application": "hello"},
                {"sha256": digest_of("hashed-key"), "application": "missing"},
                {"key": "key-switched-off", "application": "hello", "enabled": False},
                {"key": "key-of-an-orphan", "application": "orphan"},
                {"key": "key-of-the-lost", "application": "lost"},
                {"key": "key-of-the-plain", "application": "plain"},
            ],
            "proxy": [{"id": "p", "address": "sip:192.0.2.1"}],
            "group": [
                {"id": "own", "members": ["p", "missing"]},
                {"id": "usual", "members": ["p"], "default": True},
            ],
        }
    )
)


def result(text: str) -> Result | str:
    try:
        return PLATFORM.application_of(PLATFORM.key_of(text)).id
    except RefusedError as refused:
        return refused.result


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("plain-text-key", "hello"),
        ("hashed-key", Result.NO_APPLICATION_FOUND),
        ("key-of-an-orphan", Result.NO_ACCOUNT_FOUND),
        ("key-switched-off", Result.INVALID_REQUEST),
        ("unknown", Result.INVALID_REQUEST),
        ("\udcff", Result.INVALID_REQUEST),
    ],
)
def test_keys_select_applications(key: str, expected: Result | str) -> None:
    assert result(key) == expected


def outbound(**hints: object) -> OutboundRequest:
    fields = {"action": "makeCall", "to": "sip:1@192.0.2.9", "hints": hints}
    return request_of(fields, as_text=False)


@pytest.mark.parametrize(
    ("key", "hints", "expected"),
    [
        ("plain-text-key", {}, "own"),
        ("plain-text-key", {"proxy_group": "usual"}, "usual"),
        ("key-of-the-plain", {}, "usual"),
        ("plain-text-key", {"proxy_group": "nowhere"}, Result.INVALID_REQUEST),
        ("key-of-the-lost", {}, Result.INTERNAL_ERROR),
    ],
)
def test_proxy_group(
    key: str, hints: dict[str, object], expected: Result | str
) -> None:
    application = PLATFORM.application_of(PLATFORM.key_of(key))
    found: object
    try:
        group = PLATFORM.select_group(outbound(**hints), application)
    except RefusedError as refused:
        found = refused.result
    else:
        assert group is not None
        assert [trunk.proxy.id for trunk in group.trunks] == ["p"]
        found = group.id

    assert found == expected


@pytest.mark.parametrize(
    ("name", "is_allowed"),
    [(None, True), ("all", True), ("own", True), ("other", False), ("none", False)],
)
def test_a_hint_names_a_webhook_of_the_application(
    name: str | None, is_allowed: bool
) -> None:
    hints = {} if name is None else {"webhook": name}
    check = partial(WEBHOOKS.check_webhook, outbound(**hints), APPLICATION)

    if is_allowed:
        check()
        return
    with pytest.raises(RefusedError) as refused:
        check()
    assert refused.value.result is Result.INVALID_REQUEST


APPLICATION = Application(id="shop", account="acme")
WEBHOOKS = PlatformSnapshot(
    Objects(
        webhook=tuple(
            Webhook(
                id=name,
                uri="https://h.example",
                account=account,
                application=application,
                secrets=(encode_secret(bytes(24)),),
            )
            for name, account, application in (
                ("all", None, None),
                ("own", "acme", "shop"),
                ("other", "acme", "desk"),
            )
        )
    )
)
