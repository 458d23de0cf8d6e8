"""How datasets hang on the service."""

from typing import TypeVar

from catalog.datasets import handlers
from catalog.datasets.rules import TileRules
from catalog.datasets.settings import DatasetSettings
from catalog.datasets.tools import BuildTools
from catalog.datasets.views import DatasetViews
from catalog.stac.api import StacApi
from imagery import RawData
from kit.app import Service
from kit.outbound import Outbound
from kit.storage import Storage

router = handlers.router
A = TypeVar("A")


def attach(service: Service, settings: DatasetSettings) -> None:
    """After STAC, whose adapters are used here."""
    outbound, storage, stac = _of(service, Outbound), _of(service, Storage), _of(service, StacApi)
    osm = RawData(settings.rawdata_url, outbound, settings.rawdata_interval, settings.rawdata_limit)
    service.provides += [
        TileRules(outbound, settings.dataset_max_tiles),
        DatasetViews(stac, storage),
        BuildTools(outbound, storage, stac, osm, settings.dataset_max_tiles, settings.dataset_patience),
    ]


def _of(service: Service, kind: type[A]) -> A:
    return next(adapter for adapter in service.provides if isinstance(adapter, kind))
