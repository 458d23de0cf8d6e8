"""What the service provides to the label store and its jobs."""

from catalog.labelstore.audit.handlers import router as audit
from catalog.labelstore.campaigns.handlers import router as campaigns
from catalog.labelstore.datasets.handlers import router as datasets
from catalog.labelstore.datasets.upkeep import dataset_reaper, export_reaper
from catalog.labelstore.files import LabelFiles
from catalog.labelstore.image_sets.handlers import router as image_sets
from catalog.labelstore.image_sets.upkeep import ingest_reaper, sweep_dropboxes
from catalog.labelstore.images.handlers import router as images
from catalog.labelstore.imports.handlers import router as imports
from catalog.labelstore.imports.upkeep import import_reaper, sweep_imports
from catalog.labelstore.objects.handlers import router as objects
from catalog.labelstore.operations.info import Info
from catalog.labelstore.operations.metrics import Figures, figures_loop
from catalog.labelstore.settings import LabelStoreSettings
from catalog.labelstore.sweeping import sweeper
from catalog.labelstore.taxonomies.handlers import router as taxonomies
from catalog.labelstore.users.bootstrap import bootstrap_admin
from catalog.labelstore.users.handlers import router as users
from catalog.stac.client import StacClient
from kit.app import Service
from kit.storage.object_storage import Storage

ROUTERS = [users, images, image_sets, campaigns, objects, datasets, imports, taxonomies, audit]


def register(
    service: Service, settings: LabelStoreSettings, storage: Storage, stac: StacClient, silence: float
) -> None:  # fmt: skip
    """`silence`: seconds without a heartbeat after which an ingest, an export or an import begins anew."""
    files = LabelFiles(storage, settings)
    service.provides += [files, settings]
    service.loops += [reaper(silence).run for reaper in (ingest_reaper, dataset_reaper, export_reaper, import_reaper)]
    service.loops += [sweeper(files, sweep_dropboxes, sweep_imports)]
    service.loops += [bootstrap_admin(settings), figures_loop(Figures())]
    service.http_routes += Info(service, files, stac).routes
