from catalog.stac.settings import StacSettings
from kit.outbound import OutboundSettings
from kit.settings import ServiceSettings, StorageSettings


class Settings(ServiceSettings, StorageSettings, OutboundSettings, StacSettings):
    """What the catalog reads from its environment."""
