"""Every template renders, and a Kubernetes API server would take what comes out."""

from collections.abc import Callable
from pathlib import Path

import kubernetes_validate
import pytest
import yaml
from helm_python import lint

from tests.chart.rendering import (
    HELM,
    INSTALLATION,
    KUBERNETES,
    RELEASES,
    ROOMS,
    Release,
    Values,
    complete,
    over,
    profile,
    values_of,
)

KINDS = {
    "ConfigMap", "Deployment", "HorizontalPodAutoscaler", "Ingress", "Job", "NetworkPolicy", "PodDisruptionBudget",
    "Service", "ServiceAccount",
}  # fmt: skip


PROFILES = {
    "dev": (profile("dev"),),
    "production": (profile("production"), INSTALLATION),
    "large": (profile("production"), profile("large"), INSTALLATION),
}


def check(release: Release, kubernetes: str = KUBERNETES) -> None:
    for manifest in release.manifests:
        kubernetes_validate.validate(manifest, kubernetes, strict=True)


def test_production_uses_every_template(release: Release) -> None:
    assert {manifest["kind"] for manifest in release.manifests} == KINDS


def test_the_releases_are_the_newest_that_are_known() -> None:
    folder = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
    known = {tuple(map(int, path.name.split("-")[0][1:].split(".")[:2])) for path in folder.glob("v*-local")}
    assert tuple(f"{major}.{minor}" for major, minor in sorted(known)[-3:]) == RELEASES


@pytest.mark.parametrize("kubernetes", RELEASES)
@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_is_valid_on_every_release(
    platform: Callable[..., Release], name: str, kubernetes: str
) -> None:  # fmt: skip
    check(platform(*PROFILES[name]), kubernetes)


def test_the_large_profile_has_bulk_workers_of_its_own(platform: Callable[..., Release]) -> None:
    release = platform(*PROFILES["large"])
    bulk = release.one("Deployment", "fairway-catalog-worker-bulk")["spec"]
    assert bulk["replicas"] == 4
    assert {"name": "sources", "persistentVolumeClaim": {"claimName": "fairway-sources"}} in bulk["template"]["spec"][
        "volumes"
    ]
    assert "fairway-catalog-worker" not in release.all("Deployment")
    scaled = {"fairway-gateway", "fairway-catalog", "fairway-prediction", "fairway-notify"}
    assert set(release.all("HorizontalPodAutoscaler")) == scaled
    budgets = set(release.all("PodDisruptionBudget"))
    assert {f"{name}-serve" for name in scaled} | {"fairway-catalog-worker-bulk"} <= budgets


@pytest.mark.parametrize("room", ROOMS)
def test_one_service_alone_is_valid(alone: Callable[..., Release], room: str) -> None:
    release = alone(values_of(room), complete())
    check(release)
    assert room in release.all("Deployment")


def test_what_nobody_wants_is_refused_by_the_schema(release: Release) -> None:
    manifest = over(release.one("Deployment", "fairway-notify"), {"spec": {"replica": 1}})
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


@pytest.mark.parametrize("name", PROFILES)
def test_lint_finds_nothing(helm: Path, name: str) -> None:
    report = lint(helm / "platform", over({}, *PROFILES[name]), strict=True, kube_version=f"v{KUBERNETES}.0")
    assert not report["errors"]
    assert not [message for message in report["messages"] if message["severity"] > 1]


@pytest.mark.parametrize("room", ROOMS)
def test_the_umbrella_holds_what_the_service_says(room: str) -> None:
    assert yaml.safe_load((HELM / "platform" / "values.yaml").read_text())[room] == values_of(room)


@pytest.mark.parametrize("room", ROOMS)
def test_without_one_alias_the_others_stay(platform: Callable[..., Release], production: Values, room: str) -> None:
    release = platform(production, {room: {"enabled": False}, "ingress": {"enabled": False}})
    names = {name for name in release.all("Deployment") if not name.endswith("-worker")}
    assert names == {f"fairway-{other}" for other in ROOMS if other != room}
    assert room not in release.notes.split()


def test_image_and_checksum_follow_the_values(platform: Callable[..., Release], production: Values) -> None:
    before = platform(production).pods["fairway-notify"]
    after = platform(production, {"global": {"config": {"LOG_LEVEL": "DEBUG"}}, "notify": {"image": {"tag": "fix"}}})
    assert after.pods["fairway-notify"]["spec"]["containers"][0]["image"] == "fairway/notify:fix"
    assert after.pods["fairway-notify"]["metadata"]["annotations"] != before["metadata"]["annotations"]
