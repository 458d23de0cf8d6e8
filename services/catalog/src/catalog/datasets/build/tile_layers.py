"""Writes the layers of a build as vector tiles. The child process loads this module and few others."""

from collections.abc import Mapping
from pathlib import Path

import orjson

from kit.vector_tiles import Caption, write_pmtiles

ZOOMS = 7, 16
"""At the highest zoom one unit of a tile is 15 cm at the equator; maps overzoom these tiles."""
OPENSTREETMAP = '<a href="https://www.openstreetmap.org/copyright">© OpenStreetMap contributors</a>'


def draw(target: Path, layers: Mapping[str, bytes], name: str, description: str) -> None:
    files = {layer: target.with_name(f"{layer}.geojson") for layer in layers}
    for layer, file in files.items():
        file.write_bytes(layers[layer])
    write_pmtiles(target, files, ZOOMS, Caption(name, description, _attribution(layers)))


def _attribution(layers: Mapping[str, bytes]) -> str:
    features = (feature for content in layers.values() for feature in orjson.loads(content)["features"])
    return OPENSTREETMAP if any(feature["properties"].get("osm_id") for feature in features) else ""
