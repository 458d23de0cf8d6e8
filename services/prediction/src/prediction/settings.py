from pathlib import Path

from pydantic import Field

from contracts.usage import UsageLimits
from kit.settings import Address, AllowImagery, AllowServices, ServiceSettings, StorageSettings, names
from pipelines.settings import PipelineSettings, Quantity, amount
from prediction.mapswipe.settings import MapswipeSettings


# Settings of pydantic-settings have more fields in `model_config` than those of pydantic.
class Settings(  # pyright: ignore[reportIncompatibleVariableOverride]
    ServiceSettings, StorageSettings, AllowServices, AllowImagery, MapswipeSettings, PipelineSettings
):
    """What the prediction service and its workers read from their environment."""

    work_dir: Path = Field(Path("/var/tmp/fairway/prediction"), validation_alias=names("PREDICTION_WORK_DIR"))  # noqa: S108
    """Files of runs; shared by workers of one machine."""
    sync_interval: float = Field(15.0, gt=0, validation_alias=names("PREDICTION_SYNC_INTERVAL"))
    """Seconds between two looks of the reconciler at the pipeline server."""
    patience: float = Field(600.0, ge=0, validation_alias=names("PREDICTION_PATIENCE"))
    """Seconds that a worker waits in place for a server that is away, before it takes other jobs meanwhile."""
    deadline: float = Field(1800.0, gt=0, validation_alias=names("PREDICTION_DEADLINE"))
    """Seconds from the moment a worker takes an attempt to its end."""
    api_base_url: Address | None = Field(None, validation_alias=names("API_BASE_URL"))
    """Public address of the API, `/api/v1` included. Without it addresses of results work for a while only."""
    max_tiles: int = Field(4096, ge=1, validation_alias=names("PREDICTION_MAX_TILES"))
    """Tiles that one prediction may cover."""
    unfinished_limit: int = Field(20, ge=1, validation_alias=names("PREDICTION_UNFINISHED_LIMIT"))
    """Unfinished predictions that one user may have at a time, retried ones included."""
    month_cpu_seconds: float | None = Field(None, ge=0, validation_alias=names("PREDICTION_MONTH_CPU_SECONDS"))
    """Processor seconds that the predictions of one user may use in a month. Without it there is no limit."""
    month_gpu_seconds: float | None = Field(None, ge=0, validation_alias=names("PREDICTION_MONTH_GPU_SECONDS"))
    """Seconds for which the predictions of one user may hold accelerators in a month, for each one. Without it there is
    no limit."""
    month_stored_bytes: int | None = Field(None, ge=0, validation_alias=names("PREDICTION_MONTH_STORED_BYTES"))
    """Bytes that the predictions of one user may store in a month. Without it there is no limit."""
    feedback_limit: int = Field(10_000, ge=1, validation_alias=names("FEEDBACK_LIMIT"))
    """Feedback that one user may have on one prediction, or on one model without a prediction."""
    feedback_day_limit: int = Field(5000, ge=1, validation_alias=names("FEEDBACK_DAY_LIMIT"))
    """Feedback that one user may give within 24 hours."""
    osm_url: str = Field(
        "https://api-prod.raw-data.hotosm.org/v1", validation_alias=names("RAW_DATA_API_URL", "EXPORT_TOOL_API_URL")
    )
    """HOT's Raw Data API, for labels from OpenStreetMap."""
    min_zoom: int = Field(10, ge=0, le=24, validation_alias=names("PMTILES_MIN_ZOOM"))
    """Lowest zoom of result tiles."""
    max_zoom: int = Field(20, ge=0, le=24, validation_alias=names("PMTILES_MAX_ZOOM"))
    """Highest zoom of result tiles."""
    memory_request: Quantity = amount("INFERENCE", "MEMORY_REQUEST", "1Gi")
    """Memory that a pod of inference asks for."""
    memory_limit: Quantity = amount("INFERENCE", "MEMORY_LIMIT", "2Gi")
    """Memory at which a pod of inference is ended."""
    cpu_request: Quantity = amount("INFERENCE", "CPU_REQUEST")
    """Cores that a pod of inference asks for."""
    cpu_limit: Quantity = amount("INFERENCE", "CPU_LIMIT")
    """Cores that a pod of inference gets at most."""

    @property
    def month_limits(self) -> UsageLimits:
        return UsageLimits(
            cpu_seconds=self.month_cpu_seconds, gpu_seconds=self.month_gpu_seconds, stored_bytes=self.month_stored_bytes
        )
