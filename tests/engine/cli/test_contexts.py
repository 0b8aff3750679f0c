"""Contexts: how logins are kept, and which platform a command means."""

import os
import stat
from pathlib import Path

import pytest
import typer

from engine.cli.contexts import (
    Context,
    ContextError,
    Contexts,
    contexts_file,
    read_contexts,
    write_contexts,
)
from engine.cli.target import DEFAULT_URL, PlatformTarget, find_context

NEAR, FAR = Context("http://127.0.0.1:1", "t"), Context("https://far.example", "f", "k")
LOGINS = Contexts().with_context("near", NEAR).with_context("far", FAR)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, an empty working directory, and no variables of ours."""
    for name in [name for name in os.environ if name.startswith("OUTRING_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "home"


def test_written_and_read_by_their_owner_alone() -> None:
    write_contexts(LOGINS)

    assert read_contexts() == LOGINS
    assert stat.S_IMODE(contexts_file().stat().st_mode) == 0o600
    assert stat.S_IMODE(contexts_file().parent.stat().st_mode) == 0o700


def test_secrets_are_not_in_the_text_of_a_context() -> None:
    assert repr(FAR) == "Context(url='https://far.example')"


@pytest.mark.parametrize("text", ["no json", "[]", '{"current": 1, "contexts": [1]}'])
def test_a_file_that_is_something_else(text: str) -> None:
    write_contexts(LOGINS)
    contexts_file().write_text(text)

    with pytest.raises(ContextError, match="log in anew"):
        read_contexts()


def test_whoever_forgets_the_current_login_has_none() -> None:
    assert LOGINS.without("far").find() is None
    assert LOGINS.without("near").find() == FAR


def test_the_last_login_goes_before_this_machine() -> None:
    assert find_context(None, None) == Context(DEFAULT_URL)
    write_contexts(LOGINS)
    assert find_context(None, None) == FAR
    assert PlatformTarget().remote() == FAR


def test_settings_go_before_the_last_login() -> None:
    write_contexts(LOGINS)
    Path("outring.toml").touch()

    assert find_context(None, None).url == DEFAULT_URL
    assert PlatformTarget().remote() is None
    assert PlatformTarget(context="far").remote() == FAR


def test_options_go_before_the_context_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_contexts(LOGINS)
    Path("outring.toml").touch()
    monkeypatch.setenv("OUTRING_CONTEXT", "far")

    assert PlatformTarget().remote() == FAR
    assert PlatformTarget(url=NEAR.url).remote() == NEAR
    assert PlatformTarget(context="near").remote() == NEAR
    assert PlatformTarget(config=Path("outring.toml")).remote() is None


def test_a_url_has_the_token_of_its_login(monkeypatch: pytest.MonkeyPatch) -> None:
    write_contexts(LOGINS)

    assert PlatformTarget(url=f"{NEAR.url}/").remote() == NEAR
    monkeypatch.setenv("OUTRING_URL", NEAR.url)
    assert PlatformTarget().remote() == NEAR
    with pytest.raises(typer.Exit):
        PlatformTarget(url="http://127.0.0.1:2").remote()
