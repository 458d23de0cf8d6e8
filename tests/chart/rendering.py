"""The charts as Helm renders them, without a cluster."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from helm_python import Chart

REPOSITORY = Path(__file__).parents[2]
HELM = REPOSITORY / "deploy" / "helm"
ROOMS = ("gateway", "catalog", "training", "prediction", "notify")
WORKERS = tuple(room for room in ROOMS if room != "gateway")
KUBERNETES = "1.32"
RELEASES = ("1.35", "1.36", "1.37")
"""The newest three whose schemas are at hand."""
Values = dict[str, Any]

ADDRESSES: Values = {
    "FRONTEND_URL": "https://map.example",
    "API_BASE_URL": "https://api.example/api/v1",
}
INSTALLATION: Values = {
    "global": {"config": ADDRESSES},
    "ingress": {"host": "api.example", "tlsSecret": "api-tls"},
    "gateway": {"config": {"HANKO_API_URL": "https://login.example", "TRUSTED_PROXIES": "10.0.0.0/8"}},
}
"""What an installation adds to the production profile."""


def profile(name: str) -> Values:
    return yaml.safe_load((HELM / "platform" / "profiles" / f"{name}.yaml").read_text())


def values_of(room: str) -> Values:
    return yaml.safe_load((REPOSITORY / "services" / room / "values.yaml").read_text())


def complete() -> Values:
    """What one service alone needs beside its own values."""
    return {"global": {"config": {**ADDRESSES, "HANKO_API_URL": "https://login.example"}}}


def over(base: Mapping[str, Any], *layers: Mapping[str, Any]) -> Values:
    """As `helm -f base -f layer`: maps are merged, everything else is replaced."""
    result = dict(base)
    for layer in layers:
        for key, value in layer.items():
            both = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
            result[key] = over(result[key], value) if both else value
    return result


class Release:
    """The rendered manifests of one installation."""

    def __init__(self, chart: Chart, values: Values, name: str = "fairway") -> None:
        files = chart.render(values, name=name, namespace="maps")
        self.notes = "".join(text for path, text in files.items() if path.endswith("NOTES.txt"))
        self.manifests = [
            manifest
            for path, text in files.items()
            if not path.endswith("NOTES.txt")
            for manifest in yaml.safe_load_all(text)
            if manifest
        ]

    def all(self, kind: str) -> dict[str, Values]:
        return {one["metadata"]["name"]: one for one in self.manifests if one["kind"] == kind}

    def one(self, kind: str, name: str) -> Values:
        return self.all(kind)[name]

    @property
    def pods(self) -> dict[str, Values]:
        """Pod templates by the name of the Deployment or Job that makes them."""
        makers = self.all("Deployment") | self.all("Job")
        return {name: maker["spec"]["template"] for name, maker in makers.items()}


def container(pod: Values) -> Values:
    (only,) = pod["spec"]["containers"]
    return only


def environment(pod: Values) -> Values:
    """Name → value, or → the reference to a secret."""
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in container(pod)["env"]}
