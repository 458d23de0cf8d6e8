"""A preview image: imagery with labels, imagery with predictions, and class probabilities, side by side."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from shapely import box, get_parts
from shapely.geometry.base import BaseGeometry

from geoml.grid import ChipLayout, PixelBox
from geoml.labels import LabelRasterizer
from geoml.mosaic import Mosaic
from geoml.session import Session
from geoml.tiled_inference import class_probabilities

ZOOM, MAX_SIDE, GAP = 3, 512, 6
RED, YELLOW = (230, 40, 40), (255, 220, 0)


def render_preview(
    session: Session, layout: ChipLayout, polygons: Sequence[BaseGeometry], found: Sequence[BaseGeometry]
) -> Image.Image:
    """Draws labels (`polygons`, EPSG:4326) red and predictions (`found`, pixels of the grid) yellow, in the square of
    MAX_SIDE pixels with the most imagery."""
    window = _densest_window(layout)
    image = Mosaic(layout).window(window)
    classes = (class_probabilities(session, image)[:3].transpose(1, 2, 0) * 255).astype(np.uint8)
    panels = [
        _panel(image[:, :, :3], window, LabelRasterizer(layout, polygons).inside(window), RED),
        _panel(image[:, :, :3], window, found, YELLOW),
        _panel(classes, window, [], RED),
    ]
    return _side_by_side(panels)


def _densest_window(layout: ChipLayout) -> PixelBox:
    """Validation chips are scattered; a window with gaps between them would show little."""
    corners = [(placed.box[0], placed.box[1]) for placed in layout.chips]
    squares = [(x, y, x + MAX_SIDE, y + MAX_SIDE) for x, y in corners]
    boxes = [placed.box for placed in layout.intersecting(max(squares, key=lambda square: _covered(layout, square)))]
    left, top, right, bottom = zip(*boxes, strict=True)
    x, y = min(left), min(top)
    return x, y, min(max(right), x + MAX_SIDE), min(max(bottom), y + MAX_SIDE)


def _covered(layout: ChipLayout, square: PixelBox) -> float:
    """The number of pixels of the square that lie on chips."""
    return sum(box(*placed.box).intersection(box(*square)).area for placed in layout.intersecting(square))


def _panel(
    image: NDArray[np.uint8], window: PixelBox, outlines: Sequence[BaseGeometry], colour: tuple[int, int, int]
) -> Image.Image:
    height, width = image.shape[:2]
    panel = Image.fromarray(np.ascontiguousarray(image)).resize((width * ZOOM, height * ZOOM))
    pen = ImageDraw.Draw(panel)
    for part in get_parts(np.asarray(outlines, object)):
        for ring in (part.exterior, *part.interiors):
            pen.line([((x - window[0]) * ZOOM, (y - window[1]) * ZOOM) for x, y in ring.coords], fill=colour, width=2)
    return panel


def _side_by_side(panels: Sequence[Image.Image]) -> Image.Image:
    width = sum(p.width for p in panels) + GAP * (len(panels) - 1)
    layout, x = Image.new("RGB", (width, panels[0].height), "white"), 0
    for panel in panels:
        layout.paste(panel, (x, 0))
        x += panel.width + GAP
    return layout
