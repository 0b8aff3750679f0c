"""The file of all settings."""

import re
import tomllib

from engine.config.settings import AdminSettings, LogSettings, RedisSettings, Settings
from engine.config.settings_file import choose_changed, write_settings

NOT_SET = {"cache_dir", "name"}  # their defaults are this machine's


def test_what_is_commented_out_is_the_default() -> None:
    text = re.sub(r"^#(?=\w+ = |    |])", "", write_settings({}), flags=re.MULTILINE)

    assert Settings.model_validate(tomllib.loads(text)) == Settings()


def test_every_setting_stands_there_with_what_it_means() -> None:
    lines = write_settings({}).splitlines()

    for section in Settings.model_fields.values():
        assert section.annotation is not None
        for name, field in section.annotation.model_fields.items():
            (at, *_) = [
                n for n, line in enumerate(lines) if line.startswith(f"#{name} =")
            ]
            assert lines[at - 1].startswith("# ")
            assert field.description
            assert field.description.endswith(".")


def test_what_is_chosen_is_a_value() -> None:
    text = write_settings({("sip", "listen"): ["udp:0.0.0.0:5060"]})

    assert tomllib.loads(text)["sip"] == {"listen": ["udp:0.0.0.0:5060"]}


def test_secrets_are_left_out() -> None:
    settings = Settings(
        admin=AdminSettings(token_sha256="0" * 64),
        redis=RedisSettings(url="redis://:secret@127.0.0.1", timeout_ms=700),
        log=LogSettings(),
    )

    assert choose_changed(settings) == (
        {("redis", "timeout_ms"): 700},
        {("admin", "token_sha256"), ("redis", "url")},
    )


def test_words_of_a_comment_stand_one_space_apart() -> None:
    comments = re.findall(r"^# (\w.*)$", write_settings({}), re.MULTILINE)
    assert not [line for line in comments if "  " in line]
