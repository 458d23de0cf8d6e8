from pydantic import Field
from pydantic_settings import BaseSettings

from kit.settings import ServiceSettings, names


class DatasetSettings(BaseSettings):
    """Where labels come from, and how large a dataset may be. A Raw Data API inside needs OUTBOUND_ALLOW too."""

    model_config = ServiceSettings.model_config

    rawdata_url: str = Field("https://api-prod.raw-data.hotosm.org/v1", validation_alias=names("RAW_DATA_API_URL"))
    """HOT's Raw Data API, for labels from OpenStreetMap."""
    rawdata_limit: float = Field(300.0, validation_alias=names("RAW_DATA_TIMEOUT"))
    """Seconds for one snapshot."""
    rawdata_interval: float = Field(2.0, validation_alias=names("RAW_DATA_POLL_INTERVAL"))
    """Seconds between two looks at a snapshot."""
    dataset_max_tiles: int = Field(2000, validation_alias=names("DATASET_MAX_TILES"))
    """Tiles that one dataset may have."""
    dataset_patience: float = Field(60.0, validation_alias=names("DATASET_PATIENCE"))
    """Seconds a build waits in place for a neighbour before it counts as a failed delivery."""
