"""How labels hang on the service."""

from catalog.datasets.settings import DatasetSettings
from catalog.labels import handlers
from catalog.labels.conflation import Conflation
from catalog.labels.freshness import Freshness
from catalog.labels.stranded import stranded_labels
from catalog.labels.tools import LabelTools
from imagery import RawData
from kit.app import Service
from kit.outbound import Outbound

router = handlers.router


def attach(service: Service, settings: DatasetSettings, outbound: Outbound) -> None:
    osm = RawData(settings.rawdata_url, outbound, settings.rawdata_interval, settings.rawdata_limit)
    service.provides += [LabelTools(osm, settings.dataset_patience), Conflation(osm), Freshness(osm)]
    service.loops.append(stranded_labels)
