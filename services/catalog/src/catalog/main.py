from catalog.areas import handlers as areas
from catalog.settings import Settings
from kit.app import Service
from kit.ids import Ids


def build(settings: Settings) -> Service:
    service = Service("catalog", settings, routers=[areas.router])
    service.provides.append(Ids(service.db))
    return service
