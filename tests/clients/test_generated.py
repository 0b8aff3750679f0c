"""What the clients take from the OpenAPI description is of today's description."""

import subprocess
import sys
from pathlib import Path

import pytest

from clients.generate import (
    PYTHON,
    describe_for_clients,
    find_differences,
    find_references,
)
from tests.documented import ROOT


@pytest.mark.timeout(300)  # for the generators
def test_generated_code_is_that_of_the_description() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "clients.generate", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stderr == ""
    assert done.returncode == 0


def test_a_file_that_differs_is_found(tmp_path: Path) -> None:
    (tmp_path / PYTHON).mkdir(parents=True)
    (tmp_path / PYTHON / "client.py").write_text("")
    (tmp_path / PYTHON / "of_tomorrow.py").write_text("")

    assert {f"{PYTHON}/client.py", f"{PYTHON}/of_tomorrow.py"} <= set(
        find_differences(tmp_path)
    )


def test_clients_get_the_operations_of_an_api_key() -> None:
    described = describe_for_clients()
    paths = described["paths"]

    assert paths["/api/v1/bvr/outbound"].keys() == {"get", "post"}
    assert not [path for path in paths if path.startswith(("/api/v1/admin", "/docs"))]


def test_clients_get_the_schemas_of_these_operations() -> None:
    described = describe_for_clients()
    schemas = described["components"]["schemas"]

    assert set(find_references(described)) == schemas.keys()
    assert "ProxyFields" not in schemas
