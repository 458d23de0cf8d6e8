"""What the service provides of packages."""

from catalog.packages.boundaries import handlers as boundaries
from catalog.packages.processors import handlers as processors
from catalog.packages.processors.catalogue import ProcessorCatalogue
from catalog.packages.settings import PackageSettings
from catalog.packages.storage.wiring import package_storage
from kit.app import Service

ROUTERS = [boundaries.router, processors.router]


def register(service: Service, settings: PackageSettings) -> None:
    """Provides the storage of packages, and the list of processors."""
    catalogue = ProcessorCatalogue(settings.processors_folder, settings.shows_test_processors)
    service.provides += [package_storage(settings), catalogue]
    service.loops.append(catalogue.keep_read)
