"""What a raster says of itself, carried over to a part of it: a copied rasterio profile loses most of this."""

from typing import Any

from rasterio.enums import ColorInterp
from rasterio.io import DatasetReader, DatasetWriter

OF_THE_WHOLE = ("STATISTICS_", "LAYER_TYPE")
"""Tags that say of the whole raster what is not true of a part."""


def copy_colours(source: DatasetReader) -> dict[str, Any]:
    """Options that must be given when the file is made: what its bands are to a viewer."""
    colours = source.colorinterp
    options: dict[str, Any] = {"photometric": "MINISBLACK"}
    if ColorInterp.palette in colours:
        options = {"photometric": "PALETTE"}
    elif colours[:3] == (ColorInterp.red, ColorInterp.green, ColorInterp.blue):
        options = {"photometric": "RGB"}
    return options | ({"alpha": "YES"} if ColorInterp.alpha in colours else {}) | _interleaving(source)


def carry_over(source: DatasetReader, target: DatasetWriter) -> None:
    """Tags, names, units, scales, offsets, palettes, colours. Before anything is written."""
    target.update_tags(**_kept(source.tags()))
    target.scales, target.offsets = source.scales, source.offsets
    for band in source.indexes:
        target.update_tags(band, **_kept(source.tags(band)))
        if source.descriptions[band - 1]:
            target.set_band_description(band, source.descriptions[band - 1])
        if source.units[band - 1]:
            target.set_band_unit(band, source.units[band - 1])
        if source.colorinterp[band - 1] == ColorInterp.palette:
            target.write_colormap(band, source.colormap(band))
    if target.colorinterp != source.colorinterp:
        target.colorinterp = source.colorinterp


def _kept(tags: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in tags.items() if not name.startswith(OF_THE_WHOLE)}


def _interleaving(source: DatasetReader) -> dict[str, Any]:
    kind = source.interleaving
    return {"interleave": kind.value.lower()} if kind is not None and source.count > 1 else {}
