"""What the service provides of packages."""

from functools import partial

from catalog.packages.boundaries import handlers as boundaries
from catalog.packages.boundaries.queries import stored_outline
from catalog.packages.packages import handlers as packages
from catalog.packages.packages.usecases import publish_item
from catalog.packages.processors import handlers as processors
from catalog.packages.processors.catalogue import ProcessorCatalogue
from catalog.packages.production import wiring as production
from catalog.packages.settings import PackageSettings
from catalog.packages.storage.wiring import package_storage
from catalog.packages.submissions import wiring as submissions
from catalog.stac.client import StacClient
from kit.app import Service

ROUTERS = [boundaries.router, processors.router, packages.router, submissions.router, production.router]


def register(service: Service, settings: PackageSettings) -> None:
    """Provides the storage of packages, the list of processors, and what takes and does jobs. Call it after
    `catalog.stac.wiring.register`, whose client it uses."""
    catalogue = ProcessorCatalogue(settings.processors_folder, settings.shows_test_processors)
    storage, host = package_storage(settings), settings.package_host
    service.provides += [storage, catalogue]
    service.loops.append(catalogue.keep_read)
    areas, rules = submissions.register(
        service, settings, stored_outline, lambda: catalogue.names, catalogue.processors, host
    )
    folders, expiry = (settings.processors_folder,), settings.package_task_expiry
    api = next(one for one in service.provides if isinstance(one, StacClient))
    publish = partial(publish_item, storage=storage, api=api)
    production.register(service, settings, storage, areas, rules, folders, host, expiry, publish)
