"""What the service provides of packages."""

from catalog.packages.boundaries import handlers as boundaries
from catalog.packages.settings import PackageSettings
from catalog.packages.storage.wiring import package_storage
from kit.app import Service

ROUTERS = [boundaries.router]


def register(service: Service, settings: PackageSettings) -> None:
    """Provides the storage of packages."""
    service.provides.append(package_storage(settings))
