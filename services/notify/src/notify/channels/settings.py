from pydantic import Field
from pydantic_settings import BaseSettings

from contracts.notify.samples import DEFAULT_BACKEND, MAX_BACKEND
from kit.settings import ServiceSettings, names


class ChannelSettings(BaseSettings):
    model_config = ServiceSettings.model_config

    channel_default_backend: str = Field(
        DEFAULT_BACKEND, min_length=1, max_length=MAX_BACKEND, validation_alias=names("CHANNEL_DEFAULT_BACKEND")
    )
    """The backend of samples that name none, and the one that is preferred where a name is in several."""
