"""From images to building polygons: the one implementation for batch, live inference and evaluation."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from geoml import report
from geoml.adjacency import separate
from geoml.block_cache import BlockCache, BlockGroup
from geoml.block_result import BlockResult
from geoml.calibration import Calibration
from geoml.chips import list_chips
from geoml.features import Building, building_features
from geoml.grid import ChipLayout, PixelBox, chip_layouts
from geoml.instances import InstanceOptions
from geoml.mosaic import Mosaic
from geoml.polygonize import PolygonizeOptions, regularize
from geoml.session import Session
from geoml.stitching import Detection, merge_detections
from geoml.tiled_inference import MARGIN, detect_buildings, infer_blocks

GROUND_RESOLUTION = 0.265
"""Metres per pixel at which models work."""
BLOCK_PIXELS, BLOCKS_PER_GROUP = 768, 4
"""Pixels along the side of a block; blocks of a group, which is cached as a whole."""
ProgressCallback = Callable[[str, int, int], None]
"""Called with the stage, how much of it is done, and how much there is."""


@dataclass(frozen=True)
class PredictParams:
    """The parameters of a prediction."""

    instances: InstanceOptions
    options: PolygonizeOptions
    calibration: Calibration

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> "PredictParams":
        """Raises ValueError as `read_threshold` does."""
        return cls(
            given(InstanceOptions, {**params, "threshold": read_threshold(params)}, ""),
            given(PolygonizeOptions, params, ""),
            given(Calibration, params, "calibration_"),
        )


def read_threshold(params: Mapping[str, Any]) -> float:
    """Raises ValueError without `confidence_threshold`, or where it is outside 0…1."""
    if "confidence_threshold" not in params:
        raise ValueError("confidence_threshold is required")
    threshold = float(params["confidence_threshold"])
    if not 0 <= threshold <= 1:
        raise ValueError("confidence_threshold must be between 0 and 1")
    return threshold


Options = TypeVar("Options")


def given(kind: type[Options], params: Mapping[str, Any], prefix: str) -> Options:
    """Returns an object whose fields are those of `params` with that prefix, else its defaults."""
    names = (field.name for field in fields(kind))  # type: ignore[arg-type]
    return kind(**{name: params[prefix + name] for name in names if prefix + name in params})


class StageProgress:
    """Counts the steps of one stage and passes the count on."""

    def __init__(self, stage: str, total: int, on_progress: ProgressCallback) -> None:
        self.stage, self.total, self.on_progress, self.done = stage, total, on_progress, 0

    def add(self, number: int = 1) -> None:
        self.done += number
        self.on_progress(self.stage, self.done, self.total)


def report_progress(stage: str, done: int, total: int) -> None:
    report.progress(done, total, stage)
    report.raise_if_cancelled()


def predict(
    session: Session,
    input_images: str,
    params: Mapping[str, Any],
    *,
    source: str,
    on_progress: ProgressCallback = report_progress,
    cache: BlockCache | None = None,
) -> dict[str, Any]:
    """Returns the buildings in a folder of images as a GeoJSON FeatureCollection in EPSG:4326.

    `session` maps images [n, 3, height, width] in 0…1, at GROUND_RESOLUTION metres per pixel, to the probabilities
    [n, 3, height, width] of background, interior and border, and to the depth inside buildings if there is a fourth
    channel. `source` is written to each feature.
    The images are processed block by block, so memory does not grow with their number. `on_progress` is called after
    each block (stage `predict`) and each building that a block border cut (stage `outlines`), and may raise to stop.
    Results that are in `cache` are read from it, the others are written to it.
    Raises FileNotFoundError when the folder holds no image, ValueError for wrong parameters or unusable images.
    """
    wanted = PredictParams.read(params)
    layouts = chip_layouts(list_chips(input_images), GROUND_RESOLUTION)
    blocks = StageProgress("predict", sum(len(layout.blocks(BLOCK_PIXELS)) for layout in layouts), on_progress)
    found = [_merged(_group_results(session, layout, wanted, blocks, cache)) for layout in layouts]
    outlines = StageProgress("outlines", sum(len(result.cut) for result in found), on_progress)
    return {"type": "FeatureCollection", "features": [
        feature
        for layout, result in zip(layouts, found, strict=True)
        for feature in building_features(layout.grid, _buildings(result, layout, wanted, outlines), source)
    ]}  # fmt: skip


def predict_layout(session: Session, layout: ChipLayout, params: Mapping[str, Any]) -> list[Building]:
    """Returns the buildings of one layout, in pixels of its grid; reports no progress. Raises what `read` does."""
    wanted = PredictParams.read(params)
    silent = StageProgress("", 0, lambda *_: None)
    return _buildings(_merged(_group_results(session, layout, wanted, silent, None)), layout, wanted, silent)


def _merged(results: list[BlockResult]) -> BlockResult:
    """The result of a whole layout, with one detection for each building that block borders cut."""
    complete = [building for result in results for building in result.complete]
    return BlockResult(complete, merge_detections([detection for result in results for detection in result.cut]))


def _buildings(
    whole: BlockResult, layout: ChipLayout, wanted: PredictParams, progress: StageProgress
) -> list[Building]:
    """Complete buildings are regularized with their block; those on a border only once all blocks are done."""
    buildings = list(whole.complete)
    for detection in whole.cut:
        left, top, right, bottom = map(int, detection.whole.bounds)
        window: PixelBox = (left, top, right, bottom)
        building = _building(detection, layout.grid.metres_per_pixel(window), wanted.options)
        buildings += [building] if building else []
        progress.add()
    metres = layout.grid.metres_per_pixel(layout.extent)
    outlines, smallest = separate([b.outline for b in buildings], metres), wanted.options.min_area / metres**2
    kept = zip(outlines, buildings, strict=True)
    return [Building(o, float(wanted.calibration.apply(b.confidence))) for o, b in kept if o.area >= smallest]


def _group_results(
    session: Session, layout: ChipLayout, wanted: PredictParams, progress: StageProgress, cache: BlockCache | None
) -> list[BlockResult]:
    """In the order of the layout, whether cached or computed here."""
    groups = list(_groups(layout, wanted))
    results = {n: found for n, group in enumerate(groups) if cache and (found := cache.read(group))}
    missing = [n for n in range(len(groups)) if n not in results]
    if results:
        progress.add(sum(len(groups[n].blocks) for n in results))
    mosaic = Mosaic(layout)
    inferred = infer_blocks(session, mosaic, (block for n in missing for block in groups[n].blocks))
    for n in missing:
        results[n] = BlockResult()
        for block, probabilities in (next(inferred) for _ in groups[n].blocks):
            if probabilities is not None:
                detections = detect_buildings(probabilities, wanted.instances, mosaic, block)
                _add(detections, block, layout, wanted.options, results[n])
            progress.add()
        if cache:
            cache.write(groups[n], results[n])
    return [results[n] for n in range(len(groups))]


def _groups(layout: ChipLayout, wanted: PredictParams) -> Iterator[BlockGroup]:
    blocks = layout.blocks(BLOCK_PIXELS)
    for start in range(0, len(blocks), BLOCKS_PER_GROUP):
        some = blocks[start : start + BLOCKS_PER_GROUP]
        yield BlockGroup(layout, some, [layout.padded(block, MARGIN) for block in some], wanted)


def _add(
    detections: list[Detection], block: PixelBox, layout: ChipLayout, options: PolygonizeOptions, result: BlockResult
) -> None:
    metres = layout.grid.metres_per_pixel(block)
    result.cut += [d for d in detections if d.is_cut]
    result.complete += [b for d in detections if not d.is_cut and (b := _building(d, metres, options))]


def _building(detection: Detection, metres_per_pixel: float, options: PolygonizeOptions) -> Building | None:
    outline = regularize(detection.whole, metres_per_pixel, options)
    return Building(outline, detection.probability / detection.pixels) if outline else None
