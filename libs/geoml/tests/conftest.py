"""A toy world of tiles whose colours say what is there, and a session that reads them."""

import json
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import morecantile
import numpy as np
import pytest
from PIL import Image
from rasterio.features import rasterize
from shapely import Polygon, affinity, transform
from shapely.geometry import mapping

from geoml import labels
from geoml.chips import list_chips
from geoml.dataset import Dataset, load_dataset
from geoml.georef import WGS84
from geoml.grid import chip_layouts
from geoml.predict import GROUND_RESOLUTION

ZOOM, X0, Y0 = 19, 386690, 220241
SIDE = 256
RIM = 2


class ReadingSession:
    """Red is the interior's probability, green the border's: what a perfect model would answer."""

    def get_inputs(self) -> list:
        return [SimpleNamespace(name="image")]

    def run(self, _names: None, feed: dict) -> list:
        interior, border = feed["image"][:, 0], feed["image"][:, 1]
        return [np.stack([1 - interior - border, interior, border], axis=1).clip(0, 1)]


@pytest.fixture
def session() -> ReadingSession:
    return ReadingSession()


Paint = Callable[..., Path]


@pytest.fixture
def paint(tmp_path: Path) -> Paint:
    """`paint(buildings, columns, rows, size)` writes tiles; buildings are polygons in pixels of 256 a tile."""

    def write(buildings: Sequence[Polygon], columns: int = 1, rows: int = 1, size: int = SIDE) -> Path:
        folder = tmp_path / f"chips-{size}-{columns}-{rows}"
        folder.mkdir(exist_ok=True)
        canvas = _canvas(buildings, columns, rows, size // SIDE)
        for column in range(columns):
            for row in range(rows):
                tile = canvas[row * size : (row + 1) * size, column * size : (column + 1) * size]
                Image.fromarray(tile).save(folder / f"OAM-{X0 + column}-{Y0 + row}-{ZOOM}.png")
        return folder

    return write


@pytest.fixture
def paint_at(tmp_path: Path) -> Callable[[Sequence[Polygon], int, int], Path]:
    """`paint_at(buildings, zoom, side)`: the ground of one tile of zoom 19, on tiles of `side` pixels of another zoom;
    buildings are polygons in pixels of 256 on that ground."""

    def write(buildings: Sequence[Polygon], zoom: int, side: int) -> Path:
        folder, pieces = tmp_path / f"tiles-{zoom}-{side}", 2.0 ** (zoom - ZOOM)
        folder.mkdir()
        scale, tiles = side * pieces / SIDE, max(1, round(pieces))
        x, y = (int(corner * pieces) for corner in (X0, Y0))
        left, top = (round((corner * pieces - whole) * side) for corner, whole in ((X0, x), (Y0, y)))
        placed = [affinity.translate(affinity.scale(b, scale, scale, origin=(0, 0)), left, top) for b in buildings]
        image = _image(placed, (tiles * side, tiles * side), scale)
        for column, row in product(range(tiles), repeat=2):
            tile = image[row * side : (row + 1) * side, column * side : (column + 1) * side]
            Image.fromarray(tile).save(folder / f"OAM-{x + column}-{y + row}-{zoom}.png")
        return folder

    return write


@pytest.fixture
def to_lonlat() -> Callable[[Polygon], Polygon]:
    """Pixels of 256 on the tile (X0, Y0) of zoom ZOOM to degrees."""

    def placed(building: Polygon) -> Polygon:
        sides = morecantile.tms.get("WebMercatorQuad").bounds(X0, Y0, ZOOM)
        size = (sides.right - sides.left) / SIDE, (sides.bottom - sides.top) / SIDE
        return transform(building, lambda p: p * size + (sides.left, sides.top))

    return placed


def _canvas(buildings: Sequence[Polygon], columns: int, rows: int, scale: int) -> np.ndarray:
    scaled = [affinity.scale(building, scale, scale, origin=(0, 0)) for building in buildings]
    return _image(scaled, (rows * SIDE * scale, columns * SIDE * scale), scale)


def _image(buildings: Sequence[Polygon], shape: tuple[int, int], scale: float) -> np.ndarray:
    """Buildings in pixels of the image, with a rim of RIM pixels at a scale of 1."""
    canvas = np.full((*shape, 3), (0, 0, 90), np.uint8)
    for building in buildings:
        canvas[rasterize([building], out_shape=shape) == 1] = (0, 255, 0)
        canvas[rasterize([building.buffer(-RIM * scale)], out_shape=shape) == 1] = (255, 0, 0)
    return canvas


@pytest.fixture
def labelled(paint: Paint, tmp_path: Path) -> Callable[[Sequence[Polygon]], Dataset]:
    """The dataset of four chips that show these buildings, in pixels of 256 a tile, with the same as labels."""

    def dataset(buildings: Sequence[Polygon]) -> Dataset:
        folder = paint(buildings, 2, 2)
        grid = chip_layouts(list_chips(folder), GROUND_RESOLUTION)[0].grid
        a, _, c, _, e, f = grid.transform[:6]
        placed = [transform(building, lambda p: p * [a, e] + [c, f]) for building in buildings]
        geometries = [mapping(one) for one in labels.reproject(placed, grid.crs, WGS84)]
        features = [{"type": "Feature", "properties": {}, "geometry": one} for one in geometries]
        (tmp_path / "labels.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        return load_dataset(str(folder), str(tmp_path / "labels.geojson"))

    return dataset


@pytest.fixture
def to_pixels() -> Callable[[Path, dict], Polygon]:
    """A GeoJSON feature back in pixels of 256 a tile."""

    def back(folder: Path, feature: dict) -> Polygon:
        layout = chip_layouts(list_chips(folder), GROUND_RESOLUTION)[0]
        return labels.to_pixels([Polygon(feature["geometry"]["coordinates"][0])], layout.grid)[0]

    return back
