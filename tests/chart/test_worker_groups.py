"""Workers of one job group: an option of every service with jobs."""

import kubernetes_validate
import pytest
from helm_python import HelmError

from contracts.streams import JOB_GROUPS
from tests.chart.rendering import KUBERNETES, Release, Values, complete, container, values_of

GROUPS: Values = {"worker": {"replicas": 0, "groups": {"interactive": {}, "bulk": {"replicas": 3, "scratch": "32Gi"}}}}


@pytest.fixture(scope="module")
def grouped(alone) -> Release:
    return alone(values_of("catalog"), complete(), GROUPS)


def test_each_group_has_a_deployment_of_its_own(grouped: Release) -> None:
    names = {"": "catalog", **{group: f"catalog-worker-{group}" for group in JOB_GROUPS}}
    assert set(grouped.all("Deployment")) == set(names.values())
    for group in JOB_GROUPS:
        assert container(grouped.pods[names[group]])["args"] == ["worker", "--group", group]
    for manifest in grouped.manifests:
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


def test_values_of_a_group_go_over_the_common_ones(grouped: Release) -> None:
    bulk = grouped.one("Deployment", "catalog-worker-bulk")["spec"]
    assert bulk["replicas"] == 3
    assert bulk["template"]["spec"]["volumes"][0]["emptyDir"] == {"sizeLimit": "32Gi"}
    assert container(bulk["template"])["resources"]["limits"] == {"memory": "1Gi"}


def test_sources_of_packages_outlive_the_pods_that_have_a_claim(alone) -> None:
    claimed: Values = {"worker": {"replicas": 1, "groups": {"bulk": {"sourcesClaim": "sources"}}}}
    release: Release = alone(values_of("catalog"), complete(), claimed)
    pod = release.pods["catalog-worker-bulk"]["spec"]
    assert {"name": "sources", "persistentVolumeClaim": {"claimName": "sources"}} in pod["volumes"]
    root = values_of("catalog")["config"]["AUTOPKG_LOCALFS_PROCESSING_BACKEND_ROOT"]
    assert {"name": "sources", "mountPath": root} in pod["containers"][0]["volumeMounts"]
    assert [volume["name"] for volume in release.pods["catalog-worker"]["spec"]["volumes"]] == ["scratch"]
    for manifest in release.manifests:
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


def test_a_budget_protects_the_pods_of_each_group(grouped: Release) -> None:
    for group in JOB_GROUPS:
        budget = grouped.one("PodDisruptionBudget", f"catalog-worker-{group}")["spec"]["selector"]["matchLabels"]
        matching = [name for name, pod in grouped.pods.items() if budget.items() <= pod["metadata"]["labels"].items()]
        assert matching == [f"catalog-worker-{group}"]


def test_workers_of_all_groups_stay_beside_them(alone) -> None:
    release: Release = alone(values_of("catalog"), complete(), {"worker": {"replicas": 1, "groups": {"bulk": {}}}})
    assert container(release.pods["catalog-worker"])["args"] == ["worker"]
    assert container(release.pods["catalog-worker-bulk"])["args"] == ["worker", "--group", "bulk"]


@pytest.mark.parametrize(
    ("room", "worker", "sentence"),
    [
        ("catalog", {"groups": {"quick": {}}}, "schema"),
        ("catalog", {"groups": {"bulk": {"groups": {"bulk": {}}}}}, "schema"),
        ("gateway", {"groups": {"bulk": {}}}, "schema"),
        ("catalog", {"groups": {"bulk": {"graceSeconds": 30}}}, "worker.groups.bulk.graceSeconds must be above 30"),
    ],
)
def test_wrong_groups_are_refused(alone, room: str, worker: Values, sentence: str) -> None:
    with pytest.raises(HelmError, match=sentence):
        alone(values_of(room), complete(), {"worker": worker})
