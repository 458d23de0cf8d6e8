"""A reliability plot: how often answers of each confidence are right, beside the line where they should be."""

from collections.abc import Sequence

from PIL import Image, ImageDraw

from geoml.reliability import BINS, ReliabilityBin

SIDE, MARGIN = 400, 48
BLUE, GREY, BLACK = (70, 110, 190), (170, 170, 170), (30, 30, 30)


def render_reliability(bins: Sequence[ReliabilityBin]) -> Image.Image:
    """Draws a bar for each interval of confidence, with the number of its answers above it."""
    image = Image.new("RGB", (SIDE + 2 * MARGIN, SIDE + 2 * MARGIN), "white")
    pen = ImageDraw.Draw(image)
    width = SIDE / BINS
    for one in bins:
        left = MARGIN + min(int(one["confidence"] * BINS), BINS - 1) * width
        top = _row(one["right"])
        pen.rectangle((left + 2, top, left + width - 2, _row(0)), fill=BLUE)
        pen.text((left + width / 2, top - 4), str(one["count"]), fill=BLACK, anchor="ms")
    pen.line((MARGIN, _row(0), MARGIN + SIDE, _row(1)), fill=GREY, width=2)
    pen.rectangle((MARGIN, MARGIN, MARGIN + SIDE, MARGIN + SIDE), outline=BLACK)
    _label(pen)
    return image


def _row(share: float) -> float:
    return MARGIN + SIDE * (1 - share)


def _label(pen: ImageDraw.ImageDraw) -> None:
    for tenth in range(0, 11, 2):
        at = tenth / 10
        pen.text((MARGIN + SIDE * at, MARGIN + SIDE + 6), f"{at:.1f}", fill=BLACK, anchor="ma")
        pen.text((MARGIN - 6, _row(at)), f"{at:.1f}", fill=BLACK, anchor="rm")
    pen.text((MARGIN + SIDE / 2, MARGIN + SIDE + 26), "confidence", fill=BLACK, anchor="ma")
    pen.text((MARGIN, MARGIN - 30), "share that is right", fill=BLACK)
