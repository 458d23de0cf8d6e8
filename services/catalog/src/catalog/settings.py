from kit.outbound import OutboundSettings
from kit.settings import ServiceSettings, StorageSettings


class Settings(ServiceSettings, StorageSettings, OutboundSettings):
    """What the catalog reads from its environment."""
