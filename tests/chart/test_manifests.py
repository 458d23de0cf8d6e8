"""Every template renders, and a Kubernetes API server would take what comes out."""

from collections.abc import Callable
from pathlib import Path

import kubernetes_validate
import pytest
import yaml
from helm_python import lint

from tests.chart.rendering import HELM, KUBERNETES, ROOMS, Release, Values, complete, over, profile, values_of

KINDS = {
    "ConfigMap", "Deployment", "HorizontalPodAutoscaler", "Ingress", "Job", "NetworkPolicy", "PodDisruptionBudget",
    "Service", "ServiceAccount",
}  # fmt: skip


def check(release: Release) -> None:
    for manifest in release.manifests:
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


def test_production_is_valid_and_uses_every_template(release: Release) -> None:
    check(release)
    assert {manifest["kind"] for manifest in release.manifests} == KINDS


def test_dev_is_valid(platform: Callable[..., Release]) -> None:
    check(platform(profile("dev")))


@pytest.mark.parametrize("room", ROOMS)
def test_one_service_alone_is_valid(alone: Callable[..., Release], room: str) -> None:
    release = alone(values_of(room), complete())
    check(release)
    assert room in release.all("Deployment")


def test_what_nobody_wants_is_refused_by_the_schema(release: Release) -> None:
    manifest = over(release.one("Deployment", "fairway-notify"), {"spec": {"replica": 1}})
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


@pytest.mark.parametrize("name", ["dev", "production"])
def test_lint_finds_nothing(helm: Path, production: Values, name: str) -> None:
    values = production if name == "production" else profile("dev")
    report = lint(helm / "platform", values, strict=True, kube_version=f"v{KUBERNETES}.0")
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
