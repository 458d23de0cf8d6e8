"""A map picture: imagery, labels, predictions and class probabilities of the same chips side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from shapely import Geometry, box, get_parts

from geoml.block import class_probabilities
from geoml.grid import Layout, PixelBox
from geoml.labels import LabelMap
from geoml.mosaic import Mosaic
from geoml.predict import Params, buildings
from geoml.session import Session

ZOOM, MAX_SIDE, GAP = 3, 512, 6
RED, YELLOW = (230, 40, 40), (255, 220, 0)


def draw(session: Session, sheet: Layout, polygons: Sequence[Geometry], params: Mapping[str, Any]) -> Image.Image:
    """Labels red, predictions yellow, in the square of MAX_SIDE pixels with the most chips."""
    window = _fullest(sheet)
    image = Mosaic(sheet).window(window)
    found = [b.outline for b in buildings(session, sheet, Params.read(params))]
    classes = (class_probabilities(session, image).transpose(1, 2, 0) * 255).astype(np.uint8)
    panels = [
        _panel(image[:, :, :3], window, LabelMap(sheet, polygons).inside(window), RED),
        _panel(image[:, :, :3], window, found, YELLOW),
        _panel(classes, window, [], RED),
    ]
    return _side_by_side(panels)


def _fullest(sheet: Layout) -> PixelBox:
    """Chips held back lie scattered; a picture of the gaps between them shows nothing."""
    corners = [(placed.box[0], placed.box[1]) for placed in sheet.placed]
    squares = [(x, y, x + MAX_SIDE, y + MAX_SIDE) for x, y in corners]
    boxes = [placed.box for placed in sheet.within(max(squares, key=lambda square: _covered(sheet, square)))]
    left, top, right, bottom = zip(*boxes, strict=True)
    x, y = min(left), min(top)
    return x, y, min(max(right), x + MAX_SIDE), min(max(bottom), y + MAX_SIDE)


def _covered(sheet: Layout, square: PixelBox) -> float:
    """Pixels of the square that lie on chips."""
    return sum(box(*placed.box).intersection(box(*square)).area for placed in sheet.within(square))


def _panel(
    image: NDArray[np.uint8], window: PixelBox, outlines: Sequence[Geometry], colour: tuple[int, int, int]
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
    sheet, x = Image.new("RGB", (width, panels[0].height), "white"), 0
    for panel in panels:
        sheet.paste(panel, (x, 0))
        x += panel.width + GAP
    return sheet
