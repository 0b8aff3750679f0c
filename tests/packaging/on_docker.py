"""The image as it runs on Docker. ``make packages-test`` builds it and runs this.

Not collected by name, since it needs an engine and the image, whose name comes in a variable
of the environment.
"""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

IMAGE = os.environ["OUTRING_IMAGE"]
ROOT = Path(__file__).parents[2]
MAX_BYTES = 150_000_000
LIMIT_S = 60
CAREFULLY = (
    *("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"),
    *("--security-opt", "no-new-privileges", "--network", "none"),
)


def docker(*arguments: str) -> str:
    """Run ``docker``; what it printed."""
    done = subprocess.run(
        ["docker", *arguments], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout.strip()


@pytest.fixture
def container() -> Iterator[str]:
    """The name of a container that serves; it is removed in the end."""
    name = docker("run", "--detach", *CAREFULLY, IMAGE)
    yield name
    docker("rm", "--force", "--volumes", name)


def test_it_calls_with_its_root_read_only() -> None:
    assert "answered" in docker("run", "--rm", *CAREFULLY, IMAGE, "demo")


def test_it_is_healthy_keeps_its_database_in_a_volume_and_drains(
    container: str,
) -> None:
    deadline = time.monotonic() + LIMIT_S
    while docker("inspect", "-f", "{{.State.Health.Status}}", container) != "healthy":
        assert time.monotonic() < deadline, docker("logs", container)
        time.sleep(0.2)
    docker("exec", container, "/usr/bin/outring", "accounts", "add", "acme")

    docker("stop", "--time", "60", container)

    assert docker("inspect", "-f", "{{.State.ExitCode}}", container) == "0"
    assert "/var/lib/outring" in docker("inspect", "-f", "{{json .Mounts}}", container)


def test_it_is_small_and_of_no_root() -> None:
    described = json.loads(docker("image", "inspect", IMAGE))[0]

    assert described["Size"] <= MAX_BYTES
    assert described["Config"]["User"] == "990:990"


def test_its_parts_are_listed() -> None:
    (file,) = (ROOT / "dist").glob("outring-*.cdx.json")
    text = file.read_text()

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    names = {part["name"] for part in json.loads(text)["components"]}
    assert {"aiohttp", "libssl3", "outring-pjsua2", "espeak-ng"} <= names
