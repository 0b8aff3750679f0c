"""Settings and platform objects: values, overrides, and mistakes with their place."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.config.settings import Settings, load_settings
from engine.config.toml_file import ConfigurationError
from sip.agent import ListeningPoint


def mistakes(file: Path, **environment: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(file, environment)
    return [
        str(mistake).removeprefix(f"{file.parent}/")
        for mistake in caught.value.mistakes
    ]


@contextmanager
def as_somebody() -> Iterator[None]:
    """Be a user for whom permissions count; as another than root one is that already."""
    ours = os.geteuid()
    if ours == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(ours)


def test_defaults_need_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    settings = load_settings(environment={})

    assert settings == Settings()
    assert (settings.http.host, settings.http.port) == ("127.0.0.1", 9698)
    assert settings.sip.agent_config().listeners == (
        ListeningPoint("udp", "127.0.0.1", 5060),
    )


def test_a_folder_that_may_not_be_looked_into_has_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tmp_path.chmod(0)
    try:
        with as_somebody():
            assert load_settings(environment={"OUTRING_CONFIG": ""}) == Settings()
    finally:
        tmp_path.chmod(0o700)


def test_environment_overrides_the_file(tmp_path: Path) -> None:
    file = tmp_path / "outring.toml"
    file.write_text('[http]\nport = 1\n[sip]\ncaller_id = "file"\n')
    environment = {
        "OUTRING_HTTP_PORT": "8080",
        "OUTRING_SIP_LISTEN": "udp:10.0.0.1:5060, tcp:[::1]:5062",
        "OUTRING_SIP_TLS_VERIFY": "false",
        "OUTRING_SIP_TLS_WILDCARDS": "false",
        "PATH": "/bin",
    }

    settings = load_settings(file, environment)

    assert (settings.http.port, settings.sip.caller_id) == (8080, "file")
    assert settings.sip.tls_verify is False
    assert settings.sip.agent_config().tls_wildcards is False
    assert settings.sip.agent_config().listeners == (
        ListeningPoint("udp", "10.0.0.1", 5060),
        ListeningPoint("tcp", "::1", 5062),
    )


def test_every_mistake_is_told_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "outring.toml"
    file.write_text(
        '[http]\nport = "many"\n[sip]\nlisten = ["smoke:1"]\nmax_cals = 4\n[extra]\n'
    )

    found = mistakes(file, OUTRING_LOG_LEVEL="loud", OUTRING_HTPP_PORT="1")

    assert [text.partition(": ")[0] for text in found] == [
        "OUTRING_HTPP_PORT",
        "outring.toml:2",
        "outring.toml:4",
        "outring.toml:5",
        "OUTRING_LOG_LEVEL",
        "outring.toml:6",
    ]
    assert "sip.max_cals is not a setting of outring" in found[3]


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        (
            "[sip]\n[http]\n[sip] # mine\n",
            3,
            "[sip] stands in line 1 already: write its values there.",
        ),
        ("[http]\nport = 1\nport = 2\n", 3, "This name has a value already."),
        ("[sip]\ncaller_id = me\n", 2, "This is no value; a text stands in quotes."),
    ],
)
def test_what_is_not_toml(tmp_path: Path, text: str, line: int, sentence: str) -> None:
    file = tmp_path / "outring.toml"
    file.write_text(text)

    assert mistakes(file) == [f"outring.toml:{line}: This is not TOML: {sentence}"]


def test_fetching(tmp_path: Path) -> None:
    file = tmp_path / "outring.toml"
    (tmp_path / "link").symlink_to(tmp_path)
    file.write_text(f'[fetch]\nfolders = ["{tmp_path}/link"]\n')

    environment = {
        "OUTRING_FETCH_HOSTS": "A.example, *.b.example, ::1",
        "OUTRING_FETCH_SCHEMES": "https",
    }
    fetch = load_settings(file, environment).fetch

    assert fetch.hosts == ("a.example", "*.b.example", "::1")
    assert fetch.folders == (tmp_path.resolve(),)
    assert fetch.schemes == ("https",)


def test_what_cannot_be_fetched_from(tmp_path: Path) -> None:
    file = tmp_path / "outring.toml"
    file.write_text(
        f"""[fetch]
schemes = ["gopher"]
hosts = ["http://a/", "a.*", "*a"]
folders = ["{file}", "{tmp_path}/missing"]
timeout_ms = 60001
"""
    )

    found = mistakes(file)

    assert [text.partition(": ")[0] for text in found] == [
        *["outring.toml:2"],
        *["outring.toml:3"] * 3,
        *["outring.toml:4"] * 2,
        "outring.toml:5",
    ]


def test_authorities_are_certificates(tmp_path: Path) -> None:
    file, authorities = tmp_path / "outring.toml", tmp_path / "ca.pem"
    authorities.write_text("none")
    file.write_text('[fetch]\ntls_ca = "ca.pem"')

    assert mistakes(file) == [
        f"outring.toml:2: fetch.tls_ca: {authorities} has no certificates in PEM."
    ]


def test_relative_paths_are_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "sounds").mkdir()
    file = tmp_path / "outring.toml"
    file.write_text('[media]\nfolders = ["sounds"]\n[record]\nfile = "r.jsonl"\n')

    settings = load_settings(file, {})

    assert settings.media.folders == (tmp_path / "sounds",)
    assert settings.record.file == tmp_path / "r.jsonl"
    assert settings.database.url == f"sqlite:///{tmp_path}/outring.db"


def test_paths_of_the_environment_are_in_the_working_directory(tmp_path: Path) -> None:
    file = tmp_path / "outring.toml"
    file.write_text("[media]\nfolders = []\n")

    settings = load_settings(file, {"OUTRING_DATABASE_URL": "sqlite:///here.db"})

    assert settings.database.url == "sqlite:///here.db"
