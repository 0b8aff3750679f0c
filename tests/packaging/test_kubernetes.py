"""The manifests for Kubernetes: what belongs together does so."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.config.settings import load_settings

ROOT = Path(__file__).parents[2]
MANIFESTS = [
    *yaml.safe_load_all((ROOT / "packaging/kubernetes/outring.yaml").read_text())
]
MANIFESTS_BY_KIND = {each["kind"]: each for each in MANIFESTS}
WORKLOADS = [
    each for each in MANIFESTS if each["kind"] in ("Deployment", "StatefulSet")
]
SERVICES = [each for each in MANIFESTS if each["kind"] == "Service"]
GIVEN = {
    "database-url": "postgresql://outring@db/outring",
    "redis-url": "redis://redis",
    "admin-token-sha256": "0" * 64,
}


def environment_of(container: dict[str, Any]) -> dict[str, str]:
    """The variables as a pod has them, with made-up values where the cluster gives them."""
    pod = {"metadata.name": "outring-node-0", "metadata.namespace": "calls"}
    pod["status.podIP"] = "192.0.2.7"
    values: dict[str, str] = {}
    for entry in container["env"]:
        source = entry.get("valueFrom", {})
        if "fieldRef" in source:
            value = pod[source["fieldRef"]["fieldPath"]]
        elif "secretKeyRef" in source:
            value = GIVEN[source["secretKeyRef"]["key"]]
        else:
            value = entry["value"]
        for name, known in values.items():
            value = value.replace(f"$({name})", known)
        values[entry["name"]] = value
    return values


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda each: str(each["kind"]))
def test_pods_have_settings_that_work(workload: dict[str, Any], tmp_path: Path) -> None:
    pod = workload["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    file = tmp_path / "outring.toml"
    file.write_text(MANIFESTS_BY_KIND["ConfigMap"]["data"]["outring.toml"])

    settings = load_settings(file, environment_of(container))

    assert settings.redis.url == GIVEN["redis-url"]
    grace_ms = pod["terminationGracePeriodSeconds"] * 1000
    assert grace_ms >= settings.call.drain_ms + 25_000
    assert not pod["enableServiceLinks"]


def test_the_monitor_finds_every_service() -> None:
    monitor = MANIFESTS_BY_KIND["ServiceMonitor"]["spec"]
    (endpoint,) = monitor["endpoints"]

    for service in SERVICES:
        wanted = monitor["selector"]["matchLabels"].items()
        assert wanted <= service["metadata"]["labels"].items()
        assert endpoint["port"] in [port["name"] for port in service["spec"]["ports"]]


def test_every_service_finds_its_pods() -> None:
    labels = [each["spec"]["template"]["metadata"]["labels"] for each in WORKLOADS]

    for service in SERVICES:
        selected = [
            each
            for each in labels
            if service["spec"]["selector"].items() <= each.items()
        ]
        assert len(selected) == 1


def test_the_chart_is_of_this_version() -> None:
    chart = yaml.safe_load((ROOT / "packaging/helm/outring/Chart.yaml").read_text())
    assert (
        f'\nversion = "{chart["appVersion"]}"\n'
        in (ROOT / "pyproject.toml").read_text()
    )
