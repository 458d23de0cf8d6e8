from catalog import events
from catalog.areas import handlers as areas
from catalog.curation import handlers as curation
from catalog.datasets import main as datasets
from catalog.files import handlers as files
from catalog.files.reading import FeatureReader
from catalog.files.tools import MirrorTools
from catalog.labels import main as labels
from catalog.models import main as models
from catalog.owned import handlers as owned
from catalog.settings import Settings
from catalog.stac.main import attach as attach_stac
from catalog.stars import handlers as stars
from kit.app import Service
from kit.ids import Ids
from kit.outbound import Outbound
from kit.storage import Storage


def build(settings: Settings) -> Service:
    routers = [
        events.router, areas.router, datasets.router, labels.router, models.router, curation.router, stars.router,
        owned.router, files.router,
    ]  # fmt: skip
    service = Service("catalog", settings, routers=routers)
    outbound, storage = Outbound(settings.outbound_allow), Storage(settings)
    service.provides += [Ids(service.db), outbound, storage, FeatureReader(storage)]
    api, facets = attach_stac(service, settings)
    service.provides.append(MirrorTools(api, storage, outbound, facets, settings.api_base_url))
    datasets.attach(service, settings)
    labels.attach(service, settings, outbound)
    models.attach(service, settings)
    return service
