"""Imagery of an area: which tiles, from where, stored how. Shared by dataset builds and the staging of predictions."""

from imagery.download import Downloaded, NoTiles, download
from imagery.source import source_of
from imagery.template import BadTemplate, Template
from imagery.tiles import TooManyTiles, chip_name, intersecting, tile_of, within

__all__ = [
    "BadTemplate", "Downloaded", "NoTiles", "Template", "TooManyTiles",
    "chip_name", "download", "intersecting", "source_of", "tile_of", "within",
]  # fmt: skip
