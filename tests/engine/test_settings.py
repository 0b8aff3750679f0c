"""Settings and platform objects: values, overrides, and mistakes with their place."""

from pathlib import Path

import pytest

from engine.configuration import ConfigurationError
from engine.platform import dangling, digest_of, load_platform
from engine.results import RefusedError, Result
from engine.settings import Settings, load_settings
from sip.agent import Listener


def mistakes(file: Path, **environment: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(file, environment)
    return [
        str(mistake).removeprefix(f"{file.parent}/")
        for mistake in caught.value.mistakes
    ]


def test_defaults_need_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    settings = load_settings(environment={})

    assert settings == Settings()
    assert (settings.http.host, settings.http.port) == ("127.0.0.1", 9698)
    assert settings.sip.agent_config().listeners == (
        Listener("udp", "127.0.0.1", 5060),
    )


def test_environment_overrides_the_file(tmp_path: Path) -> None:
    file = tmp_path / "outring.toml"
    file.write_text('[http]\nport = 1\n[sip]\ncaller_id = "file"\n')
    environment = {
        "OUTRING_HTTP_PORT": "8080",
        "OUTRING_SIP_LISTEN": "udp:10.0.0.1:5060, tcp:[::1]:5062",
        "OUTRING_SIP_TLS_VERIFY": "false",
        "PATH": "/bin",
    }

    settings = load_settings(file, environment)

    assert (settings.http.port, settings.sip.caller_id) == (8080, "file")
    assert settings.sip.tls_verify is False
    assert settings.sip.agent_config().listeners == (
        Listener("udp", "10.0.0.1", 5060),
        Listener("tcp", "::1", 5062),
    )


def test_every_mistake_is_told_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "outring.toml"
    file.write_text(
        "[http]\n"
        'port = "many"\n'
        "[sip]\n"
        'listen = ["smoke:1"]\n'
        "max_cals = 4\n"
        "[[sip.credential]]\n"
        'username = "a"\n'
        "[[sip.credential]]\n"
        'password = "secret-word"\n'
        "[extra]\n"
    )

    found = mistakes(file, OUTRING_LOG_LEVEL="loud", OUTRING_HTPP_PORT="1")

    assert [text.partition(": ")[0] for text in found] == [
        "OUTRING_HTPP_PORT",
        "outring.toml:2",
        "outring.toml:4",
        "outring.toml:6",
        "outring.toml:8",
        "outring.toml:5",
        "OUTRING_LOG_LEVEL",
        "outring.toml:10",
    ]
    assert not any("secret-word" in text for text in found)
    assert "sip.max_cals is not a setting of outring" in found[5]


def test_credentials_never_show(tmp_path: Path) -> None:
    file = tmp_path / "outring.toml"
    file.write_text('[[sip.credential]]\nusername = "a"\npassword = "secret-word"\n')

    settings = load_settings(file, {})

    assert "secret-word" not in repr(settings)
    assert "secret-word" not in repr(settings.sip.agent_config())


PLATFORM = """
[[account]]
id = "acme"

[[application]]
id = "hello"
account = "acme"

[[application]]
id = "orphan"
account = "gone"

[[key]]
key = "plain-text-key"
application = "hello"

[[key]]
sha256 = "{digest}"
application = "missing"

[[key]]
key = "key-switched-off"
application = "hello"
enabled = false

[[key]]
key = "key-of-an-orphan"
application = "orphan"
"""


def platform_file(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "platform.toml"
    file.write_text(text)
    return file


def test_keys_select_applications(tmp_path: Path) -> None:
    file = platform_file(tmp_path, PLATFORM.format(digest=digest_of("hashed-key")))
    platform = load_platform(file)

    def result(text: str) -> Result | str:
        try:
            return platform.application(platform.key(text)).id
        except RefusedError as refused:
            return refused.result

    assert result("plain-text-key") == "hello"
    assert result("hashed-key") is Result.NO_APPLICATION_FOUND
    assert result("key-of-an-orphan") is Result.NO_ACCOUNT_FOUND
    assert result("key-switched-off") is Result.INVALID_REQUEST
    assert result("unknown") is Result.INVALID_REQUEST
    assert [str(one).removeprefix(f"{tmp_path}/") for one in dangling(file)] == [
        "platform.toml:11: The account gone does not exist.",
        "platform.toml:19: The application missing does not exist.",
    ]


def test_mistakes_of_the_platform_file(tmp_path: Path) -> None:
    text = '[[account]]\nid = "a"\n[[account]]\nid = "a"\n[[key]]\nkey = "kkkkkkkk"\n'
    with pytest.raises(ConfigurationError) as caught:
        load_platform(platform_file(tmp_path, text))
    assert str(caught.value).endswith("platform.toml:5: key.0.application is missing.")

    text = text.partition("[[key]]")[0]
    with pytest.raises(ConfigurationError) as caught:
        load_platform(platform_file(tmp_path, text))
    assert str(caught.value).endswith(
        "platform.toml:3: The account a stands here a second time."
    )
