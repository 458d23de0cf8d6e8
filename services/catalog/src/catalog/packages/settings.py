from catalog.packages.processors.settings import ProcessorSettings
from catalog.packages.storage.settings import PackageStorageSettings


class PackageSettings(PackageStorageSettings, ProcessorSettings):
    """Settings of packages; most of their names are those of the system that they replace."""
