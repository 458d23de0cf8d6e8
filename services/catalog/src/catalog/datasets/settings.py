from pydantic import Field
from pydantic_settings import BaseSettings

from kit.settings import ServiceSettings, names


class DatasetSettings(BaseSettings):
    """Source of labels, and limits of datasets. A Raw Data API inside the deployment needs OUTBOUND_ALLOW_SERVICES,
    too."""

    model_config = ServiceSettings.model_config

    rawdata_url: str = Field("https://api-prod.raw-data.hotosm.org/v1", validation_alias=names("RAW_DATA_API_URL"))
    """HOT's Raw Data API, for labels from OpenStreetMap."""
    rawdata_limit: float = Field(300.0, validation_alias=names("RAW_DATA_TIMEOUT"))
    """Maximum seconds of one snapshot."""
    rawdata_interval: float = Field(2.0, validation_alias=names("RAW_DATA_POLL_INTERVAL"))
    """Seconds between two polls of a snapshot."""
    dataset_max_tiles: int = Field(2000, validation_alias=names("DATASET_MAX_TILES"))
    """Maximum tiles of one dataset."""
    silence: float = Field(1200.0, gt=0, validation_alias=names("CATALOG_SILENCE_LIMIT"))
    """Seconds without a heartbeat from its worker after which a build or registration is restarted; longer than the
    quarter of an hour that a busy server may ask a job to wait."""
    unfinished_builds: int = Field(20, ge=1, validation_alias=names("DATASET_UNFINISHED_LIMIT"))
    """Maximum running builds of one user, rebuilds included."""
    dataset_patience: float = Field(60.0, validation_alias=names("DATASET_PATIENCE"))
    """Seconds that a build retries a transient failure within one delivery."""
