from catalog.aoi_labels import wiring as aoi_labels
from catalog.areas import handlers as areas
from catalog.categories import handlers as categories
from catalog.curation import handlers as curation
from catalog.datasets import wiring as datasets
from catalog.datasets.tables import DatasetRow
from catalog.files import handlers as files
from catalog.files.context import MirrorContext
from catalog.files.reading import FeatureReader
from catalog.item_privacy import handlers as item_privacy
from catalog.item_privacy.queries import private_items
from catalog.item_privacy.usecases import withdraw_private_items
from catalog.labelstore import wiring as labelstore
from catalog.models import wiring as models
from catalog.models.installed_plugins import Plugins
from catalog.models.jobs.context import RegistrationContext
from catalog.models.tables import BaseModelRow, LocalModelRow
from catalog.ownership import handlers as ownership
from catalog.packages import wiring as packages
from catalog.projections import handlers as projections
from catalog.settings import Settings
from catalog.stac import wiring as stac
from catalog.stars import handlers as stars
from catalog.stars.targets import StarTargets
from kit.app import Service
from kit.db.ids import IdAllocator
from kit.http.outbound import Outbound
from kit.storage.object_storage import Storage
from osm.raw_data import RawData

ROUTERS = [
    projections.router, categories.router, areas.router, datasets.router, aoi_labels.router, models.router,
    curation.router, stars.router, ownership.router, files.router, item_privacy.router,
    *packages.ROUTERS, *labelstore.ROUTERS,
]  # fmt: skip
STARRED = StarTargets((DatasetRow.stac_id, BaseModelRow.name, LocalModelRow.name))


def build(settings: Settings) -> Service:
    service = Service("catalog", settings, routers=ROUTERS)
    storage, models_outbound = Storage(settings), Outbound(settings.allow_models)
    imagery, services = Outbound(settings.allow_imagery), Outbound(settings.allow_services)
    osm = RawData(settings.rawdata_url, services, settings.rawdata_interval, settings.rawdata_limit)
    service.provides += [
        IdAllocator(service.db),
        imagery,
        models_outbound,
        services,
        storage,
        FeatureReader(storage),
        STARRED,
    ]
    api, item_cache = stac.register(service, settings, private_items(service.db), settings.api_base_url)
    service.loops.append(withdraw_private_items(api))
    service.provides.append(MirrorContext(api, storage, models_outbound, item_cache, settings.api_base_url))
    datasets.register(service, settings, imagery, osm)
    aoi_labels.register(service, settings, osm)
    registration = RegistrationContext(api, storage, models_outbound, settings.api_base_url)
    models.register(service, Plugins(settings.models_path), registration, settings.silence)
    packages.register(service, settings)
    labelstore.register(service, settings, storage, api, settings.silence)
    return service
