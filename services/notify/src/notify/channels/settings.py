from pydantic import Field
from pydantic_settings import BaseSettings

from contracts.notify.samples import DEFAULT_BACKEND, MAX_BACKEND
from kit.settings import ServiceSettings, names


class ChannelSettings(BaseSettings):
    """How long samples of channels are kept, and how much a curve may have."""

    model_config = ServiceSettings.model_config

    channel_default_backend: str = Field(
        DEFAULT_BACKEND, min_length=1, max_length=MAX_BACKEND, validation_alias=names("CHANNEL_DEFAULT_BACKEND")
    )
    """The backend of samples that name none, and the one that is preferred where a name is in several."""
    channel_retention_days: int = Field(0, ge=0, validation_alias=names("CHANNEL_RETENTION_DAYS"))
    """Days after which samples of channels are dropped, while their rollups stay; 0 keeps them for ever."""
    channel_max_raw_points: int = Field(80_000, ge=1, validation_alias=names("CHANNEL_MAX_RAW_POINTS"))
    """Most points of a curve without bins."""
    channel_max_bins: int = Field(20_000, ge=1, validation_alias=names("CHANNEL_MAX_BINS"))
    """Most bins that a curve may be asked for."""
