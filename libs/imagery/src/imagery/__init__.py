"""Imagery of an area: tile templates, tiles, and their download as georeferenced chips."""

from contracts.imagery import BadTemplate, Template
from imagery.download import DownloadResult, NoTiles, download
from imagery.template_source import resolve_template
from imagery.tiles import TooManyTiles, chip_name, intersecting, tile_label, tile_of

__all__ = [
    "BadTemplate", "DownloadResult", "NoTiles", "Template", "TooManyTiles", "chip_name", "download", "intersecting",
    "resolve_template", "tile_label", "tile_of",
]  # fmt: skip
