"""Paints the village as a drone sees it before noon: ground, shadows, roofs, crowns."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from shapely import Polygon, box
from shapely.geometry.base import BaseGeometry

from stack.sandbox.village.buildings import Building
from stack.sandbox.village.georeference import METRES, TILE_PIXELS, offset
from stack.sandbox.village.layout import Tree, Village
from stack.sandbox.village.noise import clouded
from stack.sandbox.village.patches import Patch, fields, roofs, shadow

T = TypeVar("T")
SUPER = 2
"""drawn at twice the size, so that edges are smooth"""
BORDER = 24
"""pixels painted beyond a tile of full width, so that blurring has no seams"""
SOIL, DIRT, GRASS, LEAF_DARK, LEAF_LIGHT, SHADE = np.array(
    [(158, 128, 98), (176, 152, 124), (118, 114, 74), (44, 62, 34), (112, 128, 66), (1, 0.96, 0.88)], np.float32
)


@dataclass(frozen=True)
class Canvas:
    """A square window on the village; one unit of the picture is `scale` metres."""

    west: float
    north: float
    side: float
    pixels: int

    @property
    def scale(self) -> float:
        return self.side / self.pixels

    @cached_property
    def shape(self) -> Polygon:
        return box(self.west - 15, self.north - 15, self.west + self.side + 15, self.north + self.side + 15)

    def points(self, shape: Polygon) -> list[float]:
        """The pixels of its corners, column and row in turn."""
        corners = shapely.get_coordinates(shape.exterior) - (self.west, self.north)
        return (corners / self.scale).ravel().tolist()

    def shows(self, things: Sequence[T], shapes: NDArray[np.object_] | Sequence[BaseGeometry]) -> list[T]:
        """Those whose shape is on the picture, in the same order."""
        return [things[n] for n in np.flatnonzero(shapely.intersects(shapes, self.shape)).tolist()]

    def mask(self, shapes: Iterable[Polygon], blur: float) -> np.ndarray:
        """1 inside the shapes, 0 outside, softened over `blur` metres; has a third axis, for colours."""
        image = Image.new("L", (self.pixels, self.pixels))
        draw = ImageDraw.Draw(image)
        for shape in shapes:
            draw.polygon(self.points(shape), fill=255)
        soft = image.filter(ImageFilter.GaussianBlur(blur / self.scale))
        return np.asarray(soft, np.float32)[..., None] / 255

    def patches(self, patches: list[Patch], grain: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Colours, and where there are any. Later patches cover earlier ones."""
        image = Image.new("I", (self.pixels, self.pixels))
        draw = ImageDraw.Draw(image)
        for number, patch in enumerate(patches, 1):
            draw.polygon(self.points(patch.shape), fill=number)
        index = np.asarray(image)
        table = np.array([(0,) * 8, *(patch.row() for patch in patches)], np.float32)
        steps = np.arange(self.pixels, dtype=np.float32) * np.float32(self.scale)
        across = (steps + self.west) * table[:, 3][index] + (steps[:, None] + self.north) * table[:, 4][index]
        stripes = np.sin(2 * np.pi * across + 0.8 * grain) * table[:, 5][index]
        light = 1 + stripes + grain * table[:, 6][index]
        return table[:, :3][index] * light[..., None], (index > 0)[..., None].astype(np.float32)


def paint(village: Village, x: int, y: int, pixels: int = TILE_PIXELS) -> Image.Image:
    """The zoom-19 tile, as wide as `pixels`. One of half the width costs a quarter."""
    west, north = offset(x, y)
    border, edge = BORDER / TILE_PIXELS * METRES, BORDER * pixels // TILE_PIXELS
    canvas = Canvas(west - border, north - border, METRES + 2 * border, (pixels + 2 * edge) * SUPER)
    grain = clouded(canvas.west, canvas.north, canvas.side, canvas.pixels)
    houses = canvas.shows(village.buildings, [one.shape for one in village.buildings])
    picture = _terrain(canvas, village, houses, grain)
    picture = _stand(canvas, village, houses, grain, picture)
    return _develop(picture, edge, np.random.default_rng([x, y]))


def _terrain(canvas: Canvas, village: Village, houses: list[Building], grain: np.ndarray) -> np.ndarray:
    visible = canvas.shows(village.fields, [one.shape for one in village.fields])
    colours, covered = canvas.patches(fields(visible), grain)
    picture = colours + GRASS * (1 - covered)
    around = shapely.buffer([one.shape for one in houses], 4.5, quad_segs=16)
    trodden = np.clip(canvas.mask(around, 1.6) * (1.05 + 0.45 * grain[..., None]), 0, 0.92)
    picture = picture * (1 - trodden) + SOIL * (1 + 0.09 * grain[..., None]) * trodden
    roads = canvas.shows(village.roads, [one.line for one in village.roads])
    lanes = np.clip(canvas.mask([one.line.buffer(one.width / 2) for one in roads], 0.35), 0, 0.95)
    picture = picture * (1 - lanes) + DIRT * (1 + 0.06 * grain[..., None]) * lanes
    ruts = canvas.mask([one.line.buffer(0.25 + one.width / 8).buffer(-0.1) for one in roads], 0.3)
    return picture * (1 - 0.08 * ruts)


def _stand(
    canvas: Canvas, village: Village, houses: list[Building], grain: np.ndarray, picture: np.ndarray
) -> np.ndarray:
    """Buildings and trees, with their shadows."""
    dark = canvas.mask([shadow(one.shape, one.height) for one in houses], 0.12)
    picture = picture * (1 - 0.58 * dark * SHADE)
    colours, covered = canvas.patches([patch for one in houses for patch in roofs(one)], grain)
    picture = picture * (1 - covered) + colours * covered
    trees = canvas.shows(village.trees, shapely.points([(one.x, one.y) for one in village.trees]))
    return _crowns(canvas, trees, grain, picture)


def _crowns(canvas: Canvas, trees: list[Tree], grain: np.ndarray, picture: np.ndarray) -> np.ndarray:
    x, y, radius = np.array([(one.x, one.y, one.radius) for one in trees]).reshape(-1, 3).T
    ground = shapely.buffer(shapely.points(x + 0.9 * radius, y + 0.5 * radius), radius, quad_segs=16)
    picture = picture * (1 - 0.5 * canvas.mask(ground, 0.2))
    for step in (0.0, 0.35, 0.6):
        blobs = shapely.points(x - step * 0.5 * radius, y - step * 0.35 * radius)
        discs = shapely.buffer(blobs, radius * (1 - step), quad_segs=4)
        cover = np.clip(canvas.mask(discs, 0.16) * (1 + 0.5 * grain[..., None]), 0, 1)
        colour = LEAF_DARK + (LEAF_LIGHT - LEAF_DARK) * (0.15 + step)
        picture = picture * (1 - cover) + colour * (1 + 0.28 * grain[..., None]) * cover
    return picture


def _develop(picture: np.ndarray, edge: int, rng: np.random.Generator) -> Image.Image:
    """Shrinks to the tile, adds the noise of a small sensor."""
    whole = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).reduce(SUPER)
    tile = np.asarray(whole.crop((edge, edge, whole.width - edge, whole.height - edge)), np.float32)
    return Image.fromarray(np.clip(tile + rng.normal(0, 3, tile.shape), 0, 255).astype(np.uint8))
