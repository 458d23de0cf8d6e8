"""Map tiles by kit's writer, which is imported here only: other formats do without what it brings."""

from pathlib import Path

from extracts.vector.formats import VectorFormat
from kit.vector_tiles import Caption, write_pmtiles


def write_tiles(target: Path, layer: str, features: Path, chosen: VectorFormat) -> None:
    """`features`: GeoJSON, one a line, in the folder of `target`."""
    caption = Caption(chosen.caption or layer, chosen.caption or layer, chosen.attribution)
    write_pmtiles(target, {layer: features}, chosen.zooms, caption)
