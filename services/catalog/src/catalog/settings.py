from kit.settings import ServiceSettings, StorageSettings


class Settings(ServiceSettings, StorageSettings):
    """What the catalog reads from its environment."""
