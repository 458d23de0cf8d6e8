from pydantic import Field
from pydantic_settings import BaseSettings

from kit.settings import ServiceSettings, names


class OutboundSettings(BaseSettings):
    model_config = ServiceSettings.model_config

    outbound_allow: str = Field("", validation_alias=names("OUTBOUND_ALLOW"))
    """Comma list of `host:port` that may be private, plain http and on any port: the sandbox, servers of one's own."""
