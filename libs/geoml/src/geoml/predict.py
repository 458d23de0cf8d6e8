"""The one way from images to building polygons, for batch, live and evaluation alike."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from geoml import report
from geoml.block import MARGIN, find, looks
from geoml.chips import list_chips
from geoml.features import Building, collection
from geoml.grid import Layout, PixelBox, layouts
from geoml.ledger import Ledger, Work
from geoml.mosaic import Mosaic
from geoml.outlines import Style, clean, without_overlaps
from geoml.portion import Portion
from geoml.seams import Finding, join
from geoml.session import Session

GROUND_RESOLUTION = 0.265
BLOCK, TOGETHER = 768, 4
"""Pixels along the side of a block; blocks of a portion, which is kept or lost as a whole."""
Tell = Callable[[str, int, int], None]
"""Stage, how much of it is done, how much there is."""


@dataclass(frozen=True)
class Params:
    """What a caller may set; `threshold` is the least building probability of a pixel."""

    threshold: float
    style: Style

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> "Params":
        """ValueError without `confidence_threshold` or with one outside 0…1."""
        if "confidence_threshold" not in params:
            raise ValueError("confidence_threshold is required")
        threshold = float(params["confidence_threshold"])
        if not 0 <= threshold <= 1:
            raise ValueError("confidence_threshold must be between 0 and 1")
        given = {key: params[key] for key in ("min_area", "max_hole", "tolerance", "right_angles") if key in params}
        return cls(threshold, Style(**given))


class Steps:
    """How far one stage has come."""

    def __init__(self, stage: str, total: int, tell: Tell) -> None:
        self.stage, self.total, self.tell, self.done = stage, total, tell, 0

    def add(self, number: int = 1) -> None:
        self.done += number
        self.tell(self.stage, self.done, self.total)


def _report(stage: str, done: int, total: int) -> None:
    report.progress(done, total, stage)
    report.raise_if_cancelled()


def predict(
    session: Session,
    input_images: str,
    params: Mapping[str, Any],
    *,
    source: str,
    tell: Tell = _report,
    ledger: Ledger | None = None,
) -> dict[str, Any]:
    """Buildings of a folder of images as a FeatureCollection in EPSG:4326.

    `session` maps [n, 3, H, W] in 0…1, at GROUND_RESOLUTION metres a pixel, to the probabilities
    [n, 3, H, W] of background, interior and border. Work goes block by block (memory does not grow
    with the number of images). `tell` hears of each block (stage `predict`) and of each building that block borders cut
    (stage `outlines`), and may raise to stop. Blocks that the ledger has are taken from there, the others are put
    there. FileNotFoundError when the folder has no image.
    """
    wanted = Params.read(params)
    sheets = layouts(list_chips(input_images), GROUND_RESOLUTION)
    blocks = Steps("predict", sum(len(sheet.blocks(BLOCK)) for sheet in sheets), tell)
    found = [_joined(_portions(session, sheet, wanted, blocks, ledger)) for sheet in sheets]
    outlines = Steps("outlines", sum(len(portion.cut) for portion in found), tell)
    return {"type": "FeatureCollection", "features": [
        feature
        for sheet, portion in zip(sheets, found, strict=True)
        for feature in collection(sheet.grid, _cleaned(portion, sheet, wanted.style, outlines), source)
    ]}  # fmt: skip


def buildings(session: Session, layout: Layout, wanted: Params) -> list[Building]:
    """Of one layout, without telling anybody how far it is."""
    unheard = Steps("", 0, lambda *_: None)
    return _cleaned(_joined(_portions(session, layout, wanted, unheard, None)), layout, wanted.style, unheard)


def _joined(portions: list[Portion]) -> Portion:
    """Of a whole layout: what is cut is one finding for each building by now."""
    ready = [building for portion in portions for building in portion.ready]
    return Portion(ready, join([finding for portion in portions for finding in portion.cut]))


def _cleaned(whole: Portion, layout: Layout, style: Style, steps: Steps) -> list[Building]:
    """Whole buildings were cleaned at once; those on a block's edge had to wait until all blocks were done."""
    ready = list(whole.ready)
    for f in whole.cut:
        building = _building(f, layout.grid.metres(tuple(map(int, f.whole.bounds))), style)
        ready += [building] if building else []
        steps.add()
    outlines = without_overlaps([b.outline for b in ready])
    return [Building(o, b.confidence) for o, b in zip(outlines, ready, strict=True) if not o.is_empty]


def _portions(session: Session, layout: Layout, wanted: Params, blocks: Steps, ledger: Ledger | None) -> list[Portion]:
    """In the order of the layout, whoever made them when."""
    works = list(_works(layout, wanted))
    kept = {n: found for n, work in enumerate(works) if ledger and (found := ledger.read(work))}
    missing = [n for n in range(len(works)) if n not in kept]
    if kept:
        blocks.add(sum(len(works[n].blocks) for n in kept))
    mosaic = Mosaic(layout)
    seen = looks(session, mosaic, (block for n in missing for block in works[n].blocks))
    for n in missing:
        kept[n] = Portion()
        for block, probabilities in (next(seen) for _ in works[n].blocks):
            if probabilities is not None:
                _sort(find(probabilities, wanted.threshold, mosaic, block), block, layout, wanted.style, kept[n])
            blocks.add()
        if ledger:
            ledger.write(works[n], kept[n])
    return [kept[n] for n in range(len(works))]


def _works(layout: Layout, wanted: Params) -> Iterator[Work]:
    blocks = layout.blocks(BLOCK)
    for start in range(0, len(blocks), TOGETHER):
        some = blocks[start : start + TOGETHER]
        yield Work(layout, some, [layout.view(block, MARGIN) for block in some], wanted)


def _sort(found: list[Finding], block: PixelBox, layout: Layout, style: Style, portion: Portion) -> None:
    metres = layout.grid.metres(block)
    portion.cut += [f for f in found if f.cut]
    portion.ready += [b for f in found if not f.cut and (b := _building(f, metres, style))]


def _building(finding: Finding, metres: float, style: Style) -> Building | None:
    outline = clean(finding.whole, metres, style)
    return Building(outline, finding.probability / finding.pixels) if outline else None
