from catalog.packages.storage.settings import PackageStorageSettings


class PackageSettings(PackageStorageSettings):
    """Settings of packages; their names are those of the system that they replace."""
