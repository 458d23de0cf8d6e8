"""A toy dataset for tests of plug-ins and services: reddish roofs on green ground, and their outlines."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from PIL import Image
from shapely.geometry import box, mapping

from geoml.chips import list_chips
from geoml.georef import WGS84
from geoml.grid import chip_layouts
from geoml.labels import reproject
from geoml.predict import GROUND_RESOLUTION

ZOOM, X, Y, SIDE = 19, 386690, 220241, 256
GROUND, ROOF = (70, 110, 60), (170, 70, 60)
PROPERTIES = {
    "datetime": "2026-01-01T00:00:00Z",
    "title": "toy-buildings",
    "description": "Generated roofs",
    "label:type": "vector",
    "label:tasks": ["segmentation"],
    "label:classes": [{"name": "building", "classes": ["yes"]}],
    "label:properties": ["label"],
    "label:description": "Generated roofs",
    "keywords": ["building", "semantic-segmentation", "polygon"],
    "fair:user_id": "toy",
    "version": "1",
    "deprecated": False,
    "license": "CC-BY-4.0",
    "providers": [{"name": "toy", "roles": ["producer"]}],
}


def toy_dataset(folder: Path, columns: int = 3, rows: int = 2, seed: int = 0) -> dict[str, Path]:
    """Returns the paths `chips` (folder of PNG tiles), `labels` (GeoJSON file), `dataset_stac_item` (JSON file)."""
    rng = np.random.default_rng(seed)
    chips, labels, item = folder / "chips", folder / "labels.geojson", folder / "stac-item.json"
    chips.mkdir(parents=True)
    roofs = [_roof(rng, x, y) for x in range(0, columns * SIDE, 64) for y in range(0, rows * SIDE, 64)]
    canvas = _paint(rng, roofs, columns, rows)
    for c in range(columns):
        for r in range(rows):
            tile = canvas[r * SIDE : (r + 1) * SIDE, c * SIDE : (c + 1) * SIDE]
            Image.fromarray(tile).save(chips / f"OAM-{X + c}-{Y + r}-{ZOOM}.png")
    labels.write_text(json.dumps(_labels(chips, roofs)))
    item.write_text(json.dumps(_item(labels, columns * rows)))
    return {"chips": chips, "labels": labels, "dataset_stac_item": item}


def _roof(rng: np.random.Generator, x: int, y: int) -> shapely.Polygon:
    left, top = x + int(rng.integers(4, 16)), y + int(rng.integers(4, 16))
    return box(left, top, left + int(rng.integers(24, 44)), top + int(rng.integers(24, 44)))


def _paint(rng: np.random.Generator, roofs: list[shapely.Polygon], columns: int, rows: int) -> NDArray[np.uint8]:
    canvas = np.empty((rows * SIDE, columns * SIDE, 3))
    canvas[:] = GROUND
    for roof in roofs:
        left, top, right, bottom = (int(side) for side in roof.bounds)
        canvas[top:bottom, left:right] = ROOF
    return np.clip(canvas + rng.normal(0, 12, canvas.shape), 0, 255).astype(np.uint8)


def _labels(chips: Path, roofs: list[shapely.Polygon]) -> dict[str, Any]:
    grid = chip_layouts(list_chips(chips), GROUND_RESOLUTION)[0].grid
    a, _, c, _, e, f = grid.transform[:6]
    placed = shapely.transform(np.asarray(roofs), lambda p: p * [a, e] + [c, f])
    polygons = reproject(placed, grid.crs, WGS84)
    features = [{"type": "Feature", "properties": {"label": 1}, "geometry": mapping(p)} for p in polygons]
    return {"type": "FeatureCollection", "features": features}


def _item(labels: Path, chip_count: int) -> dict[str, Any]:
    outlines = shapely.from_geojson(labels.read_text())
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "id": "toy-buildings",
        "geometry": mapping(shapely.envelope(outlines)),
        "bbox": list(outlines.bounds),
        "properties": {**PROPERTIES, "fair:chip_count": chip_count},
        "assets": {
            "chips": {"href": "chips", "type": "image/tiff; application=geotiff", "roles": ["data"]},
            "labels": {"href": labels.name, "type": "application/geo+json", "roles": ["labels"]},
        },
        "links": [],
    }
