"""What outside services have of an area: imagery (which tiles, from where, stored how) and OpenStreetMap features.
Shared by catalog and prediction."""

from imagery.download import Downloaded, NoTiles, download
from imagery.overlap import OnMap, parted
from imagery.rawdata import RawData, RawDataError
from imagery.source import source_of
from imagery.template import BadTemplate, Template
from imagery.tiles import TooManyTiles, chip_name, intersecting, tile_of, within

__all__ = [
    "BadTemplate", "Downloaded", "NoTiles", "OnMap", "RawData", "RawDataError", "Template", "TooManyTiles",
    "chip_name", "download", "intersecting", "parted", "source_of", "tile_of", "within",
]  # fmt: skip
