from pathlib import Path

from pydantic import Field

from kit.settings import OutboundSettings, ServiceSettings, StorageSettings, names
from pipelines.settings import PipelineSettings, Quantity, amount
from prediction.mapswipe.settings import MapswipeSettings


class Settings(ServiceSettings, StorageSettings, OutboundSettings, MapswipeSettings, PipelineSettings):
    """What the prediction service and its workers read from their environment."""

    work_dir: Path = Field(Path("/var/tmp/fairway/prediction"), validation_alias=names("PREDICTION_WORK_DIR"))  # noqa: S108
    """Files of runs; shared by workers of one machine."""
    sync_interval: float = Field(15.0, gt=0, validation_alias=names("PREDICTION_SYNC_INTERVAL"))
    """Seconds between two looks of the reconciler at the pipeline server."""
    deadline: float = Field(1800.0, gt=0, validation_alias=names("PREDICTION_DEADLINE"))
    """Seconds from the moment a worker takes an attempt to its end."""
    max_tiles: int = Field(4096, ge=1, validation_alias=names("PREDICTION_MAX_TILES"))
    """Tiles that one prediction may cover."""
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
