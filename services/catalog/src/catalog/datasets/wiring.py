"""What the service provides to datasets and their builds."""

from typing import TypeVar

from catalog.datasets.build.context import BuildContext
from catalog.datasets.build.stale_builds import build_reaper
from catalog.datasets.handlers import router
from catalog.datasets.imagery_limits import ImageryLimits
from catalog.datasets.presenter import DatasetPresenter
from catalog.datasets.quota import BuildQuota
from catalog.datasets.settings import DatasetSettings
from catalog.stac.client import StacClient
from kit.app import Service
from kit.http.outbound import Outbound
from kit.storage.object_storage import Storage
from osm.raw_data import RawData

__all__ = ["register", "router"]
A = TypeVar("A")


def register(service: Service, settings: DatasetSettings, imagery: Outbound, osm: RawData) -> None:
    """Call it after `catalog.stac.wiring.register`, whose adapters it uses."""
    storage, stac = _of(service, Storage), _of(service, StacClient)
    service.provides += [
        ImageryLimits(imagery, settings.dataset_max_tiles),
        BuildQuota(settings.unfinished_builds),
        DatasetPresenter(stac, storage),
        BuildContext(imagery, storage, stac, osm, settings.dataset_max_tiles, settings.dataset_patience),
    ]
    service.loops.append(build_reaper(settings.silence).run)


def _of(service: Service, kind: type[A]) -> A:
    return next(adapter for adapter in service.provides if isinstance(adapter, kind))
