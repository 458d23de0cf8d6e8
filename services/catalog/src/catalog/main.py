from catalog import events
from catalog.areas import handlers as areas
from catalog.settings import Settings
from catalog.stac.main import attach as attach_stac
from kit.app import Service
from kit.ids import Ids
from kit.outbound import Outbound
from kit.storage import Storage


def build(settings: Settings) -> Service:
    service = Service("catalog", settings, routers=[events.router, areas.router])
    service.provides += [
        Ids(service.db),
        Outbound(settings.outbound_allow),
        Storage(settings),
    ]
    attach_stac(service, settings)
    return service
