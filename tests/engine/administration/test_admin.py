"""The operations on the platform's objects, against a real database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.administration.admin import (
    Admin,
    ConflictError,
    NotFoundError,
    change_view,
    objects_of,
)
from engine.config.toml_file import InvalidError
from engine.platform.objects import KINDS, ObjectKind, Objects, digest_of
from engine.platform.webhook_fields import decode_secret, encode_secret
from engine.store import Store, open_store

KEY = "a-key-that-nobody-shall-see"
PASSWORD = "a-password-that-nobody-shall-see"
SECRET = encode_secret(b"a-secret-that-nobody-shall-see")
# What each kind needs at least, and what identifies it then.
LEAST: dict[str, tuple[dict[str, object], str]] = {
    "account": ({"id": "acme"}, "acme"),
    "application": ({"id": "hello", "account": "acme"}, "hello"),
    "key": ({"key": KEY, "application": "hello"}, digest_of(KEY)[:12]),
    "rule": ({"pattern": "sip:.*/9?", "allow": False}, "sip:.*/9?"),
    "proxy": ({"id": "edge", "address": "sip:192.0.2.1"}, "edge"),
    "group": ({"id": "all", "members": ["edge"]}, "all"),
    "header": ({"id": "tag", "name": "X-Tag", "value": "1"}, "tag"),
    "credential": ({"realm": "r", "username": "u", "password": PASSWORD}, "r"),
    "webhook": ({"id": "crm", "uri": "https://h.example", "secrets": [SECRET]}, "crm"),
}
MANY = [pytest.param(KINDS[table], *least, id=table) for table, least in LEAST.items()]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """An empty database."""
    opened = await open_store(f"sqlite:///{tmp_path}/outring.db")
    yield opened
    await opened.aclose()


@pytest.fixture
def admin(store: Store) -> Admin:
    """The operations on it."""
    return Admin(store)


@pytest.mark.parametrize(("kind", "fields", "identity"), MANY)
async def test_added_shown_listed_removed(
    admin: Admin, kind: ObjectKind, fields: dict[str, object], identity: str
) -> None:
    added = await admin.add(kind, fields)
    added.pop("warnings", None)

    assert await admin.view(kind, identity) == added
    assert await admin.views(kind) == [added]
    await admin.remove(kind, identity)
    assert await admin.views(kind) == []


@pytest.mark.parametrize(("kind", "fields", "identity"), MANY)
async def test_the_same_is_not_added_twice(
    admin: Admin, kind: ObjectKind, fields: dict[str, object], identity: str
) -> None:
    await admin.add(kind, fields)

    with pytest.raises(ConflictError, match="exists already"):
        await admin.add(kind, fields)


@pytest.mark.parametrize(("kind", "fields", "identity"), MANY)
async def test_what_is_not_there_is_not_found(
    admin: Admin, kind: ObjectKind, fields: dict[str, object], identity: str
) -> None:
    with pytest.raises(NotFoundError):
        await admin.view(kind, identity)
    with pytest.raises(NotFoundError):
        await admin.set(kind, identity, {})
    with pytest.raises(NotFoundError):
        await admin.remove(kind, identity)


@pytest.mark.parametrize(("kind", "fields", "identity"), MANY)
async def test_secrets_and_their_hashes_are_never_shown(
    admin: Admin,
    store: Store,
    kind: ObjectKind,
    fields: dict[str, object],
    identity: str,
) -> None:
    shown = [str(await admin.add(kind, fields)), str(await admin.views(kind))]
    objects = await store.read_objects()
    planned = await admin.plan(Objects(), prune=True)
    shown += [repr(objects), str([change_view(change) for change in planned.changes])]
    with pytest.raises(InvalidError) as refused:
        await admin.add(kind, {**fields, "nonsense": 1})

    for text in [*shown, str(refused.value), repr(refused.value)]:
        for secret in (KEY, PASSWORD, digest_of(KEY), SECRET):
            assert secret not in text
        assert objects.credential == () or objects.credential[0].ha1 not in text


async def test_set_changes_what_is_named_and_clears_with_none(admin: Admin) -> None:
    account = KINDS["account"]
    await admin.add(account, {"id": "acme", "name": "Acme", "call_limit": 5})

    view = await admin.set(account, "acme", {"name": None, "calls_per_second": 2})

    assert view == {
        "id": "acme",
        "name": "",
        "call_limit": 5,
        "calls_per_second": 2.0,
    }


async def test_every_mistake_is_told_with_its_field(admin: Admin) -> None:
    given = {"id": "a b", "call_limit": -1, "call_limt": None}

    with pytest.raises(InvalidError) as refused:
        await admin.add(KINDS["account"], given)

    assert {mistake.place for mistake in refused.value.mistakes} == given.keys()


@pytest.mark.parametrize(
    ("table", "fields", "field"),
    [
        ("account", {"id": "other"}, "id"),
        ("key", {"key": "another-key"}, "key"),
        ("key", {"sha256": "0" * 64}, "sha256"),
        ("credential", {"realm": "other"}, "realm"),
        ("credential", {"username": "other"}, "username"),
    ],
)
async def test_what_cannot_change(
    admin: Admin, table: str, fields: dict[str, object], field: str
) -> None:
    least, identity = LEAST[table]
    await admin.add(KINDS[table], least)

    with pytest.raises(InvalidError) as refused:
        await admin.set(KINDS[table], identity, fields)

    assert [mistake.place for mistake in refused.value.mistakes] == [field]


async def test_a_password_is_held_as_ha1(admin: Admin, store: Store) -> None:
    credential = KINDS["credential"]
    await admin.add(credential, LEAST["credential"][0])
    before = (await store.read_objects()).credential[0].ha1

    await admin.set(credential, "r", {"username": "v", "password": "other"})

    after = (await store.read_objects()).credential[0]
    # MD5 of v:r:other
    assert (after.username, after.ha1) == ("v", "7273362b692f427d5ed1c68487455855")
    assert after.ha1 != before


async def test_a_key_is_made_up_and_shown_once(admin: Admin, store: Store) -> None:
    key = KINDS["key"]

    added = await admin.add(key, {"application": "hello"})

    assert len(str(added["key"])) == 36
    assert (await store.read_objects()).key[0].sha256 == digest_of(str(added["key"]))
    assert "key" not in await admin.view(key, str(added["id"]))
    assert added["warnings"] == ["The application hello does not exist."]
    assert added["created"] is not None


async def test_what_is_in_use_is_removed_only_with_force(admin: Admin) -> None:
    account, application = KINDS["account"], KINDS["application"]
    await admin.add(account, {"id": "acme"})
    await admin.add(application, {"id": "hello", "account": "acme"})

    with pytest.raises(ConflictError, match="in use by application hello"):
        await admin.remove(account, "acme")
    await admin.remove(account, "acme", force=True)

    assert await admin.views(account) == []


async def test_the_licence_is_set_and_cleared(admin: Admin) -> None:
    licence = KINDS["licence"]

    assert await admin.view(licence, "licence") == {"calls": None}
    assert await admin.set(licence, "licence", {"calls": 3}) == {"calls": 3}
    assert await admin.set(licence, "licence", {"calls": None}) == {"calls": None}


async def test_an_outdated_plan_changes_nothing(admin: Admin) -> None:
    account = KINDS["account"]
    planned = await admin.plan(
        objects_of({"account": [{"id": "acme", "name": "a"}, {"id": "new"}]})
    )
    await admin.add(account, {"id": "acme", "name": "b"})

    with pytest.raises(ConflictError, match="account acme"):
        await admin.apply(planned)

    assert [view["name"] for view in await admin.views(account)] == ["b"]


async def test_there_is_one_default_group(admin: Admin) -> None:
    group = KINDS["group"]
    await admin.add(group, {"id": "one", "default": True})
    await admin.add(group, {"id": "two"})

    with pytest.raises(InvalidError, match="one and two"):
        await admin.set(group, "two", {"default": True})
    with pytest.raises(InvalidError, match="one and two"):
        await admin.plan(objects_of({"group": [{"id": "two", "default": True}]}))

    await admin.set(group, "one", {"default": None})
    await admin.set(group, "two", {"default": True})


async def test_there_are_as_many_credentials_as_a_call_carries(admin: Admin) -> None:
    def credential(number: int) -> dict[str, object]:
        return {"realm": f"r{number}", "username": "u", "password": PASSWORD}

    for number in range(8):
        await admin.add(KINDS["credential"], credential(number))

    with pytest.raises(InvalidError, match="8 credentials"):
        await admin.add(KINDS["credential"], credential(8))


@pytest.mark.parametrize("more", [{}, {"secrets": None}])
async def test_a_webhook_without_secrets_gets_one_that_is_shown_once(
    admin: Admin, store: Store, more: dict[str, object]
) -> None:
    webhook = KINDS["webhook"]
    fields = {"id": "crm", "uri": "https://h.example", **more}

    added = await admin.add(webhook, fields)

    (held,) = (await store.read_objects()).webhook
    assert added["secrets"] == [*held.secrets]
    assert len(decode_secret(held.secrets[0])) >= 24
    assert "secrets" not in await admin.view(webhook, "crm")


@pytest.mark.parametrize(
    ("fields", "texts"),
    [
        ({"secrets": []}, ["secrets: there is none."]),
        ({"secrets": SECRET}, ["secrets is a list."]),
        ({"secrets": ["x"]}, ["secrets.0: a secret begins with whsec_."]),
        ({"events": ["call.end"]}, ["events.0: no type of event matches call.end."]),
    ],
)
async def test_what_is_wrong_in_a_list_is_said_once(
    admin: Admin, fields: dict[str, object], texts: list[str]
) -> None:
    with pytest.raises(InvalidError) as raised:
        await admin.add(
            KINDS["webhook"], {"id": "crm", "uri": "https://h.example", **fields}
        )

    assert [mistake.text for mistake in raised.value.mistakes] == texts


async def test_a_secret_is_replaced_by_naming_both_for_a_while(
    admin: Admin, store: Store
) -> None:
    webhook, newer = KINDS["webhook"], encode_secret(bytes(24))
    fields = {"id": "crm", "uri": "https://h.example", "secrets": [SECRET]}
    await admin.add(webhook, fields)

    await admin.set(webhook, "crm", {"secrets": [newer, SECRET]})

    assert (await store.read_objects()).webhook[0].secrets == (newer, SECRET)


@pytest.mark.parametrize("secrets", [[], "", ["x"], [SECRET] * 3])
async def test_secrets_that_are_none_are_refused(admin: Admin, secrets: object) -> None:
    fields = {"id": "crm", "uri": "https://h.example", "secrets": secrets}

    with pytest.raises(InvalidError) as refused:
        await admin.add(KINDS["webhook"], fields)

    assert refused.value.mistakes[0].place.startswith("secrets")
