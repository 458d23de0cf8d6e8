"""The step `run_inference` of a plug-in: fetches the files, calls `predict`, reports progress, caches results."""

from collections.abc import Callable, Mapping
from typing import Any

from geoml import report
from geoml.block_cache import cache_for_input
from geoml.chips import SUFFIXES
from geoml.fetch import local_file, local_folder
from geoml.session import open_session

FETCH_PROGRESS = 0.1
"""Progress of the stage `predict`, 0…1, when all images are on this machine."""


def run_batch_inference(
    predict: Callable[..., dict[str, Any]], model_uri: str, input_images: str, params: Mapping[str, Any]
) -> dict[str, Any]:
    """Returns the FeatureCollection (EPSG:4326) that `predict` makes of a model file and a folder of images.

    Both are given by path or URI (see `geoml.fetch`). Progress of the stage `predict` is reported in images.
    In the platform's storage, blocks that an earlier attempt finished are not computed again (see `geoml.block_cache`).
    Raises `report.Cancelled` between two images or blocks, and the errors of `predict`.
    """
    model = local_file(model_uri)
    folder = local_folder(input_images, lambda done, total: _report("predict", FETCH_PROGRESS * done, total))
    images = sum(path.suffix.lower() in SUFFIXES for path in folder.iterdir())

    def on_progress(stage: str, done: int, total: int) -> None:
        if stage == "predict":
            _report(stage, (FETCH_PROGRESS + (1 - FETCH_PROGRESS) * done / total) * images, images)
        else:
            _report(stage, done, total)

    cache = cache_for_input(input_images, model)
    return predict(
        open_session(str(model), keep_memory=True), str(folder), params, on_progress=on_progress, cache=cache
    )


def _report(stage: str, done: float, total: int) -> None:
    report.progress(int(done), total, stage)
    report.raise_if_cancelled()
