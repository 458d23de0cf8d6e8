"""Settings of services that run pipelines. Each service adds the cluster resources of its own kind of run."""

from pathlib import Path
from typing import Annotated, Any, Protocol

from pydantic import AliasChoices, BaseModel, Field, SecretStr

from pipelines.s3_logs import S3Logs

Quantity = Annotated[str, Field(pattern=r"^(\d+(\.\d+)?(m|k|[KMGTPE]i?)?)?$")]
"""A Kubernetes quantity: `2.5Gi`, `500m`; empty leaves it to the cluster."""


def amount(run: str, what: str, default: str = "") -> Any:
    """A setting for one kind of run; it takes precedence over the one for all kinds."""
    return Field(default, validation_alias=AliasChoices(f"FAIR_{run}_{what}", f"FAIR_K8S_{what}"))


class PipelineSettings(BaseModel):
    """Without a pipeline server a service starts; the first use of the server fails."""

    zenml_url: str | None = Field(None, validation_alias=AliasChoices("FAIR_ZENML_STORE_URL"))
    """The ZenML server that runs pipelines."""
    zenml_key: SecretStr | None = Field(None, validation_alias=AliasChoices("FAIR_ZENML_STORE_API_KEY"))
    """Key of our service account there."""
    zenml_stack: str = Field("default", validation_alias=AliasChoices("FAIR_ZENML_STACK"))
    """Name of the ZenML stack that runs use."""
    models_path: Path = Field(Path("."), validation_alias=AliasChoices("FAIRWAY_MODELS_PATH"))
    """The folder that holds the package `models`."""
    label_domain: str = Field("fair.dev", validation_alias=AliasChoices("FAIR_LABEL_DOMAIN"))
    """Before the `/` of the label and the taint of nodes for runs, `<domain>/training` and `<domain>/inference`."""
    force_cpu: bool = Field(False, validation_alias=AliasChoices("FAIR_FORCE_CPU"))
    """Runs do without the accelerator that their model names."""


class RunsAndStore(Protocol):
    """`PipelineSettings` and those of the object store."""

    zenml_url: str | None
    zenml_key: SecretStr | None
    zenml_stack: str
    models_path: Path
    region: str
    access_key: str | None
    secret_key: SecretStr | None
    endpoint: str | None


def revealed(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


def run_environment(settings: RunsAndStore) -> dict[str, str]:
    """For the child process of a run: our settings may come from a file and not from our own environment."""
    values = {
        "FAIR_ZENML_STORE_URL": settings.zenml_url,
        "FAIR_ZENML_STORE_API_KEY": revealed(settings.zenml_key),
        "FAIR_ZENML_STACK": settings.zenml_stack,
        "FAIRWAY_MODELS_PATH": str(settings.models_path.resolve()),
        "AWS_REGION": settings.region,
        "AWS_ACCESS_KEY_ID": settings.access_key,
        "AWS_SECRET_ACCESS_KEY": revealed(settings.secret_key),
        "AWS_ENDPOINT_URL": settings.endpoint,
    }
    return {name: value for name, value in values.items() if value}


def log_store(settings: RunsAndStore) -> S3Logs:
    """With the service's own access to the object store, where ZenML keeps its logs."""
    return S3Logs(
        endpoint_url=settings.endpoint,
        region_name=settings.region,
        aws_access_key_id=settings.access_key,
        aws_secret_access_key=revealed(settings.secret_key) or None,
    )
