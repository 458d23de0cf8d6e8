"""What the service provides to labels and their jobs."""

from catalog.aoi_labels.conflation import Conflation
from catalog.aoi_labels.context import LabelContext
from catalog.aoi_labels.handlers import router
from catalog.aoi_labels.osm_status import OsmStatusCache
from catalog.aoi_labels.stale_jobs import label_reaper
from catalog.datasets.settings import DatasetSettings
from kit.app import Service
from osm.raw_data import RawData

__all__ = ["register", "router"]


def register(service: Service, settings: DatasetSettings, osm: RawData) -> None:
    service.provides += [LabelContext(osm, settings.dataset_patience), Conflation(osm), OsmStatusCache(osm)]
    service.loops.append(label_reaper().run)
