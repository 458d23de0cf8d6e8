"""The map of the demo: imagery with labels, and imagery with predictions coloured by confidence."""

import io
from pathlib import Path
from typing import Any

import httpx
import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import morecantile
import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.colors import Normalize
from matplotlib.patches import Rectangle
from PIL import Image

from stack.demo.demo_area import DemoArea, box

SIDE = 256
"""Pixels of a tile in the picture."""


def draw_map(area: DemoArea, tiles_url: str, labels: dict[str, Any], predictions: dict[str, Any], path: Path) -> None:
    figure, (left, right) = plt.subplots(1, 2, figsize=(15, 9), layout="constrained")
    _imagery(left, area.train, f"{tiles_url}/train")
    left.add_collection(PolyCollection(_rings(labels), facecolors="none", edgecolors="#ffd21f", linewidths=1.0))
    left.set_title(f"{area.name}: imagery and OpenStreetMap labels ({len(labels['features'])})")
    _held_back(left, area)
    _imagery(right, area.predict, f"{tiles_url}/predict")
    shapes = _confidence(right, predictions)
    right.set_title(f"predicted ({len(predictions['features'])})")
    figure.colorbar(shapes, ax=right, label="confidence", shrink=0.6)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _imagery(axes: Any, tiles: list[morecantile.Tile], url: str) -> None:
    west, south, east, north = box(tiles)
    columns, rows = sorted({t.x for t in tiles}), sorted({t.y for t in tiles})
    canvas = np.full((len(rows) * SIDE, len(columns) * SIDE, 3), 235, np.uint8)
    for tile in tiles:
        top, start = (tile.y - rows[0]) * SIDE, (tile.x - columns[0]) * SIDE
        canvas[top : top + SIDE, start : start + SIDE] = _tile(url, tile)
    axes.imshow(canvas, extent=(west, east, south, north), aspect=1 / np.cos(np.radians((south + north) / 2)))
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    axes.ticklabel_format(useOffset=False, style="plain")
    axes.tick_params(labelsize=7)
    axes.locator_params(nbins=4)


def _tile(url: str, tile: morecantile.Tile) -> np.ndarray:
    content = httpx.get(f"{url}/{tile.z}/{tile.x}/{tile.y}.jpg", timeout=120).raise_for_status().content
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB").resize((SIDE, SIDE)))


def _rings(collection: dict[str, Any]) -> list[np.ndarray]:
    """Outer rings of all polygons."""
    rings = []
    for feature in collection["features"]:
        shape = feature["geometry"]
        parts = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
        rings += [np.asarray(part[0])[:, :2] for part in parts]
    return rings


def _confidence(axes: Any, predictions: dict[str, Any]) -> PolyCollection:
    values = [f["properties"]["confidence"] for f in predictions["features"] for _ in _rings({"features": [f]})]
    shapes = PolyCollection(
        _rings(predictions), array=np.asarray(values), cmap="plasma", norm=Normalize(0.4, 1.0), alpha=0.55,
        edgecolors="white", linewidths=0.8,
    )  # fmt: skip
    axes.add_collection(shapes)
    return shapes


def _held_back(axes: Any, area: DemoArea) -> None:
    west, south, east, north = box([tile for tile in area.train if tile.x == area.held_back])
    axes.add_patch(Rectangle((west, south), east - west, north - south, fill=False, ec="#35e0ff", lw=2.5, ls="--"))
    label = {"facecolor": "black", "alpha": 0.6, "pad": 3, "edgecolor": "none"}
    axes.text((west + east) / 2, south, "held back", color="#35e0ff", ha="center", va="bottom", fontsize=9, bbox=label)
