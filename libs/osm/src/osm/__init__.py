"""OpenStreetMap data: features of an area, their tags, their overlap with other features, OSM XML."""

from osm.overlap import MappedFeatures, has_tag, is_negative, split_known
from osm.raw_data import RawData, RawDataError
from osm.snapshot import BadSnapshot

__all__ = ["BadSnapshot", "MappedFeatures", "RawData", "RawDataError", "has_tag", "is_negative", "split_known"]
