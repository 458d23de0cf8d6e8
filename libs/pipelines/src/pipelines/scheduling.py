"""Resources that the steps of a run request from a Kubernetes cluster, as settings of ZenML. Stacks with another
orchestrator ignore them."""

from dataclasses import dataclass
from typing import Any, Literal, Protocol

Json = dict[str, Any]
Workload = Literal["training", "inference"]
GPU = "nvidia.com/gpu"
WITHOUT_GPU = frozenset({"", "amd64", "cpu"})
OWNER = "fair.user_id"
"""Label of pods, by which the cost of a cluster is attributed to users."""


@dataclass(frozen=True)
class ResourceRequest:
    """What a model requests, from its STAC item; an empty image means the stack's own."""

    image: str = ""
    accelerator: str = ""
    accelerator_count: int = 1


class Cluster(Protocol):
    """The resources of one kind of run; empty amounts are left to the cluster."""

    label_domain: str
    force_cpu: bool
    memory_request: str
    memory_limit: str
    cpu_request: str
    cpu_limit: str


def image_settings(needs: ResourceRequest) -> Json:
    """Uses the plug-in's image as it is; builds nothing."""
    return {"docker": {"parent_image": needs.image, "skip_build": True}} if needs.image else {}


def pod_settings(workload: Workload, needs: ResourceRequest, cluster: Cluster, user_id: int) -> Json:
    label = f"{cluster.label_domain}/{workload}"
    on_gpu = needs.accelerator.lower() not in WITHOUT_GPU and not cluster.force_cpu
    tolerations = [{"key": label, "operator": "Equal", "value": "true", "effect": "NoSchedule"}]
    pod = {
        "node_selectors": {label: "true"},
        "tolerations": [*tolerations, *([{"key": GPU, "operator": "Exists"}] if on_gpu else [])],
        "resources": _resources(cluster, {GPU: str(needs.accelerator_count)} if on_gpu else {}),
        "labels": {OWNER: str(user_id)},
    }
    return {"orchestrator.kubernetes": {"pod_settings": pod}}


def _resources(cluster: Cluster, both: dict[str, str]) -> dict[str, dict[str, str]]:
    requests = {"memory": cluster.memory_request, "cpu": cluster.cpu_request, **both}
    limits = {"memory": cluster.memory_limit, "cpu": cluster.cpu_limit, **both}
    return {"requests": _given(requests), "limits": _given(limits)}


def _given(amounts: dict[str, str]) -> dict[str, str]:
    return {name: amount for name, amount in amounts.items() if amount}
