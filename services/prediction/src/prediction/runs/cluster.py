from typing import Annotated, Literal

from pydantic import Field
from pydantic_settings import BaseSettings

from kit.settings import ServiceSettings, names
from pipelines.scheduling import QUANTITY

Quantity = Annotated[str, Field(pattern=QUANTITY)]


class ClusterSettings(BaseSettings):
    """What a step of inference takes where it is a pod; a `pipelines.scheduling.Cluster`."""

    model_config = ServiceSettings.model_config

    label_domain: str = Field("fair.dev", validation_alias=names("FAIR_LABEL_DOMAIN"))
    """Before the `/` of the label and the taint of nodes for runs, `<domain>/training` and `<domain>/inference`."""
    force_cpu: bool = Field(False, validation_alias=names("FAIR_FORCE_CPU"))
    """Runs do without the accelerator that their model names."""
    memory_request: Quantity = Field(
        "1Gi", validation_alias=names("FAIR_INFERENCE_MEMORY_REQUEST", "FAIR_K8S_MEMORY_REQUEST")
    )
    """Memory that a pod of inference asks for."""
    memory_limit: Quantity = Field(
        "2Gi", validation_alias=names("FAIR_INFERENCE_MEMORY_LIMIT", "FAIR_K8S_MEMORY_LIMIT")
    )
    """Memory at which a pod of inference is ended."""
    cpu_request: Quantity | Literal[""] = Field(
        "", validation_alias=names("FAIR_INFERENCE_CPU_REQUEST", "FAIR_K8S_CPU_REQUEST")
    )
    """Cores that a pod of inference asks for."""
    cpu_limit: Quantity | Literal[""] = Field(
        "", validation_alias=names("FAIR_INFERENCE_CPU_LIMIT", "FAIR_K8S_CPU_LIMIT")
    )
    """Cores that a pod of inference gets at most."""
