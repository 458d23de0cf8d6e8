"""Settings of a Kubernetes cluster that runs the steps. Each service adds the amounts of its own kind of run."""

from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, Field

Quantity = Annotated[str, Field(pattern=r"^(\d+(\.\d+)?(m|k|[KMGTPE]i?)?)?$")]
"""Of Kubernetes: `2.5Gi`, `500m`; empty leaves it to the cluster."""


def amount(run: str, what: str, default: str = "") -> Any:
    """That of one kind of run wins over the one for all kinds."""
    return Field(default, validation_alias=AliasChoices(f"FAIR_{run}_{what}", f"FAIR_K8S_{what}"))


class ClusterSettings(BaseModel):
    label_domain: str = Field("fair.dev", validation_alias=AliasChoices("FAIR_LABEL_DOMAIN"))
    """Before the `/` of the label and the taint of nodes for runs, `<domain>/training` and `<domain>/inference`."""
    force_cpu: bool = Field(False, validation_alias=AliasChoices("FAIR_FORCE_CPU"))
    """Runs do without the accelerator that their model names."""
