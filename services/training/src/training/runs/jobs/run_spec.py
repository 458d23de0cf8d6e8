from pipelines.port import RunSpec
from pipelines.scheduling import Cluster, ResourceRequest, image_settings, pod_settings
from training.runs.jobs.claim import Claim

HEAVY = ("train_model", "evaluate_model")
"""Steps that run on nodes for training; the others need next to nothing."""


def spec_of(name: str, claim: Claim, cluster: Cluster, user_id: int) -> RunSpec:
    """What the plan of a training says, on the cluster as it is set up today."""
    plan = dict(claim.plan)
    needs = ResourceRequest(**plan.pop("needs", {}))
    pod = pod_settings("training", needs, cluster, user_id)
    return RunSpec(
        name=name, pipeline="training", model_name=claim.model_name, **plan, settings=image_settings(needs),
        step_settings=dict.fromkeys(HEAVY, pod),
    )  # fmt: skip
