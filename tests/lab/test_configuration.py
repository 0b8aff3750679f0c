"""The files that the lab is made of fit each other, and what they pin."""

import re
from pathlib import Path

import pytest
import yaml  # comes with schemathesis

from engine.administration.declarative_file import read_objects
from engine.config.settings import load_settings
from engine.config.toml_file import TomlFile
from engine.platform.changes import find_broken_references
from tests.lab.dashboard import LAB

ROOT = LAB.parent
SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
PINNED = re.compile(r"[\w/]+:[\w.-]*\d+\.\d+\.\d+|debian:bookworm-\d{8}-slim")


def test_settings() -> None:
    environment = SERVICES["node-1"]["environment"]
    settings = load_settings(
        LAB / "outring.toml", environment | {"OUTRING_CONFIG": "elsewhere.toml"}
    )
    assert settings.redis.url == "redis://redis"


def test_objects() -> None:
    """All of them are right, and lead to callees and documents that there are."""
    objects = read_objects(TomlFile(LAB / "platform.toml"))
    assert list(find_broken_references(objects)) == []
    hosts = [re.split("[:@]", proxy.address)[1] for proxy in objects.proxy]
    assert set(hosts) <= SERVICES.keys()
    for application in objects.application:
        assert application.uri is None or (_document(application.uri).is_file())


def _document(uri: str) -> Path:
    server, _, name = uri.rpartition("/")
    assert server == "http://web:8080"
    return LAB / "applications" / name


def test_every_callee_is_a_service() -> None:
    commands = {str(service.get("command")) for service in SERVICES.values()}
    for path in (LAB / "callees").iterdir():
        assert f"/callees/{path.name}" in commands


def test_images_are_pinned() -> None:
    bases = re.findall(
        r"^FROM (\S+)(?: AS (\S+))?$", (LAB / "Dockerfile").read_text(), re.M
    )
    stages = {name for _, name in bases}
    images = {image for image, _ in bases} - stages
    images |= {
        service["image"] for service in SERVICES.values() if "build" not in service
    }
    assert images
    assert not {image for image in images if not PINNED.fullmatch(image)}


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_limits(name: str) -> None:
    assert {"mem_limit", "cpus", "pids_limit", "cap_drop"} <= SERVICES[name].keys()
    for published in SERVICES[name].get("ports", ()):
        assert published.startswith("127.0.0.1:")
