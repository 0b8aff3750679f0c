"""The packages in bare systems. ``make packages-test`` builds them and runs this.

Not collected by name, since it needs ``dist/``, root, debootstrap and the registries.
"""

from collections.abc import Iterator

import pytest

from tests.packaging.debian import ROOT, Debian, bare_debian

NUMBERS = {"bookworm": "12", "trixie": "13"}
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(params=NUMBERS)
def release(request: pytest.FixtureRequest) -> str:
    """The code name of a release of Debian."""
    return str(request.param)


@pytest.fixture
def debian(release: str) -> Iterator[Debian]:
    """A bare one."""
    with bare_debian(release) as system:
        yield system


def test_wheels_make_a_call(debian: Debian) -> None:
    debian.install("python3-venv")
    debian.run("python3", "-m", "venv", "/opt/outring")
    pip = ("/opt/outring/bin/pip", "--quiet", "--disable-pip-version-check", "install")
    debian.run(*pip, "--find-links=/packages", "outring")

    assert "answered" in debian.run("/opt/outring/bin/outring", "demo")
    (installed,) = debian.root.glob("opt/outring/lib/python3*/site-packages")
    tops = {path.name for path in installed.iterdir()}
    assert not tops & {"engine", "sip", "ccxml", "vxml", "pjsua2.py"}


def test_the_client_of_python_is_installed(debian: Debian) -> None:
    debian.install("python3-venv")
    debian.run("python3", "-m", "venv", "/opt/client")
    pip = ("/opt/client/bin/pip", "--quiet", "--disable-pip-version-check", "install")
    debian.run(*pip, "--find-links=/packages", "outring-client")

    program = "from outring_client import Outring; print(Outring.__name__)"
    assert "Outring" in debian.run("/opt/client/bin/python", "-c", program)


def test_debian_package_makes_a_call(debian: Debian, release: str) -> None:
    (package,) = (ROOT / "dist").glob(f"outring_*deb{NUMBERS[release]}_*.deb")
    debian.install(f"/packages/{package.name}")

    assert "answered" in debian.run("outring", "demo", user="outring")
    as_service = "setpriv --reuid=outring --regid=outring --clear-groups"
    checked = f"cd /root && {as_service} outring check --no-ports"  # may not look there
    assert "The settings are valid." in debian.run("sh", "-c", checked)
    with debian.serving("outring", user="outring"):
        assert "Call connected" in debian.call("outring")

    kept = debian.root / "var/lib/outring/outring.db"
    assert kept.exists()
    debian.run("apt-get", "-qq", "-y", "purge", "outring")
    assert kept.exists()
    assert not (debian.root / "usr/lib/outring").exists()
