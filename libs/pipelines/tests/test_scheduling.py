"""What ZenML makes of our settings, down to the manifest of a pod; there is no cluster here that would run it."""

from dataclasses import dataclass, replace
from typing import Any

import pytest
from kubernetes.client import ApiClient
from zenml.config import DockerSettings
from zenml.integrations.kubernetes.flavors import KubernetesOrchestratorFlavor
from zenml.integrations.kubernetes.flavors.kubernetes_orchestrator_flavor import KubernetesOrchestratorSettings
from zenml.integrations.kubernetes.manifest_utils import build_pod_manifest
from zenml.utils.settings_utils import get_flavor_setting_key

from pipelines.launcher import Launcher
from pipelines.scheduling import ResourceRequest, Workload, image_settings, pod_settings
from pipelines.zenml import ZenMLPipelines

from .conftest import Spec


@dataclass(frozen=True)
class Limits:
    label_domain: str = "fair.dev"
    force_cpu: bool = False
    memory_request: str = "2Gi"
    memory_limit: str = "2.5Gi"
    cpu_request: str = ""
    cpu_limit: str = ""


MODEST = ResourceRequest("registry.example/toy:v1", "cpu")
HUNGRY = replace(MODEST, accelerator="cuda", accelerator_count=2)
NODES = {"key": "fair.dev/training", "operator": "Equal", "value": "true", "effect": "NoSchedule"}


def pod(needs: ResourceRequest, limits: Limits = Limits(), workload: Workload = "training") -> dict[str, Any]:
    """As the orchestrator would send it to the cluster."""
    key, given = pod_settings(workload, needs, limits, 7).popitem()
    assert key == get_flavor_setting_key(KubernetesOrchestratorFlavor())
    settings = KubernetesOrchestratorSettings(**given).pod_settings
    made = build_pod_manifest("step", needs.image, ["python"], [], False, pod_settings=settings)
    return ApiClient().sanitize_for_serialization(made)


def test_a_pod_goes_to_the_nodes_for_its_kind_of_work():
    spec = pod(MODEST)["spec"]
    assert (spec["nodeSelector"], spec["tolerations"]) == ({"fair.dev/training": "true"}, [NODES])
    assert spec["containers"][0]["resources"] == {"requests": {"memory": "2Gi"}, "limits": {"memory": "2.5Gi"}}
    assert pod(MODEST)["metadata"]["labels"]["fair.user_id"] == "7"
    elsewhere = pod(MODEST, Limits(label_domain="maps.example"), "inference")["spec"]
    assert elsewhere["nodeSelector"] == {"maps.example/inference": "true"}
    assert elsewhere["tolerations"][0]["key"] == "maps.example/inference"


def test_amounts_are_those_of_the_settings():
    limits = Limits(memory_request="1Gi", memory_limit="3Gi", cpu_request="500m", cpu_limit="2")
    assert pod(MODEST, limits)["spec"]["containers"][0]["resources"] == {
        "requests": {"memory": "1Gi", "cpu": "500m"}, "limits": {"memory": "3Gi", "cpu": "2"},
    }  # fmt: skip


def test_an_accelerator_is_asked_for_and_tolerated():
    spec = pod(HUNGRY)["spec"]
    amounts = spec["containers"][0]["resources"]
    assert {kind: amounts[kind]["nvidia.com/gpu"] for kind in amounts} == {"requests": "2", "limits": "2"}
    assert spec["tolerations"] == [NODES, {"key": "nvidia.com/gpu", "operator": "Exists"}]


@pytest.mark.parametrize(
    ("needs", "limits"),
    [(HUNGRY, Limits(force_cpu=True)), (replace(HUNGRY, accelerator="amd64"), Limits()), (ResourceRequest(), Limits())],
)
def test_no_accelerator_is_asked_for_where_none_is_wanted(needs: ResourceRequest, limits: Limits):
    assert pod(needs, limits)["spec"]["tolerations"] == [NODES]


def test_the_image_of_a_plugin_is_taken_as_it_is():
    docker = DockerSettings(**image_settings(MODEST)["docker"])
    assert (docker.parent_image, docker.skip_build) == ("registry.example/toy:v1", True)
    assert image_settings(ResourceRequest()) == {}


@pytest.mark.live
async def test_a_stack_without_a_cluster_keeps_the_image_on_record_and_the_pods_out(
    launcher: Launcher, a_spec: Spec, pipelines: ZenMLPipelines
):
    pods = {"train_model": pod_settings("training", HUNGRY, Limits(), 7)}
    async with launcher.start(replace(a_spec(), settings=image_settings(MODEST), step_settings=pods)) as child:
        async for _ in child.reports():
            pass
        end = await child.wait()
    run, steps = await pipelines._read(end.run_id)
    settings = run["metadata"]["config"]["settings"]
    assert (end.status, settings["docker"]["parent_image"]) == ("completed", MODEST.image)
    trained = next(step for step in steps if step["name"] == "train_model")
    assert "orchestrator.kubernetes" not in trained["metadata"]["config"]["settings"]
