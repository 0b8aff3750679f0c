"""The files with which somebody begins."""

import tomllib
from pathlib import Path

import pytest

from engine.administration.declarative_file import read_objects
from engine.administration.starter_files import (
    StarterAnswers,
    StarterHashes,
    make_platform_text,
    make_settings_text,
    usual_sip_address,
)
from engine.config.settings import Settings
from engine.config.toml_file import ConfigurationError, TomlFile
from engine.platform.objects import Objects, ProxyMode
from sip.errors import SipError

HASHES = StarterHashes(key="1" * 64, token="2" * 64)
TRUNK = "sip:trunk.example.com:5070"


def objects_of(**answers: str) -> Objects:
    text = make_platform_text(StarterAnswers("127.0.0.1", **answers), HASHES)
    return read_objects(TomlFile(Path("platform.toml"), text))


def test_the_settings_are_the_answers_and_defaults() -> None:
    answers = StarterAnswers("::", caller_id='Ada "A" <1>')
    settings = Settings.model_validate(
        tomllib.loads(make_settings_text(answers, HASHES))
    )

    assert settings.sip.listen == ("udp:[::]:5060",)
    assert settings.sip.caller_id == 'Ada "A" <1>'
    assert settings.admin.token_sha256 == HASHES.token
    assert settings.call == Settings().call


def test_the_platform_has_a_key_for_an_application() -> None:
    objects = objects_of()

    assert [key.sha256 for key in objects.key] == [HASHES.key]
    assert [(app.id, app.account, app.uri) for app in objects.application] == [
        ("main", "main", None)
    ]
    assert (objects.proxy, objects.group, objects.credential) == ((), (), ())


def test_a_trunk_takes_all_calls_and_may_ask_for_a_password() -> None:
    objects = objects_of(trunk=TRUNK, trunk_user="joe", trunk_password="secret")
    (proxy,), (group,), (credential,) = objects.proxy, objects.group, objects.credential

    assert (proxy.address, proxy.mode) == (TRUNK, ProxyMode.REWRITE_DESTINATION)
    assert (group.members, group.default) == (("trunk",), True)
    assert (credential.realm, credential.username) == ("trunk.example.com", "joe")


@pytest.mark.parametrize(("document", "kind"), [("http://h/a.vxml", "VXML"), ("http://h/a", "CCXML")])  # fmt: skip
def test_a_document_has_its_type(document: str, kind: str) -> None:
    (application,) = objects_of(document=document).application

    assert (application.uri, application.type.value) == (document, kind)


def test_a_trunk_that_is_no_uri_is_refused() -> None:
    with pytest.raises((ConfigurationError, SipError)):
        objects_of(trunk="trunk.example.com", trunk_user="joe")


def test_everywhere_is_listened_where_there_is_a_trunk() -> None:
    assert (usual_sip_address(""), usual_sip_address(TRUNK)) == ("127.0.0.1", "0.0.0.0")
