"""What the step `run_inference` of a plug-in does around its `predict`: files, progress, finished portions."""

from collections.abc import Callable, Mapping
from typing import Any

from geoml import report
from geoml.chips import SUFFIXES
from geoml.fetch import local_file, local_folder
from geoml.ledger import beside
from geoml.session import open_session

FETCHED = 0.1
"""Share of the work that is done when all images are here."""


def infer(
    predict: Callable[..., dict[str, Any]], model_uri: str, input_images: str, params: Mapping[str, Any]
) -> dict[str, Any]:
    """What `predict` finds; its stage of that name is told in images. `report.Cancelled` ends it between two of them.

    In storage of the platform, work that an earlier attempt has finished is not done again: see `geoml.ledger`.
    """
    model = local_file(model_uri)
    folder = local_folder(input_images, lambda done, total: _tell("predict", FETCHED * done, total))
    images = sum(path.suffix.lower() in SUFFIXES for path in folder.iterdir())

    def tell(stage: str, done: int, total: int) -> None:
        if stage == "predict":
            _tell(stage, (FETCHED + (1 - FETCHED) * done / total) * images, images)
        else:
            _tell(stage, done, total)

    return predict(open_session(str(model)), str(folder), params, tell=tell, ledger=beside(input_images, model))


def _tell(stage: str, done: float, total: int) -> None:
    report.progress(int(done), total, stage)
    report.raise_if_cancelled()
