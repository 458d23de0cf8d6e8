"""`predict` as it serves: with any session, on a folder."""

import numpy as np
import pytest
from scipy import ndimage
from shapely.geometry import box, shape

from geoml.plugin_tests import FEATURE_PROPERTIES, RedRoofSession


class RedBoxSession(RedRoofSession):
    """Tells the depth of each red roof, and how far the sides of its box are."""

    def run(self, names, feed):
        (classes,) = super().run(names, feed)
        return [np.stack([np.concatenate([one, _sides_of(one[1] > 0)]) for one in classes])]


def _sides_of(roofs):
    numbers, _ = ndimage.label(ndimage.binary_opening(roofs, np.ones((5, 5))))
    rows, columns = np.mgrid[: roofs.shape[0], : roofs.shape[1]] + 0.5
    told = np.zeros((5, *roofs.shape), np.float32)
    told[0] = ndimage.distance_transform_edt(numbers > 0) / 12
    for number, (down, across) in enumerate(ndimage.find_objects(numbers), 1):
        sides = columns - across.start, rows - down.start, across.stop - columns, down.stop - rows
        told[1:, numbers == number] = np.stack(sides)[:, numbers == number]
    return told.clip(0, None)


def test_predict_gives_the_boxes_of_roofs(pipeline, data):
    found = pipeline.predict(RedBoxSession(), data[0], {"confidence_threshold": 0.5})
    boxes = [shape(feature["geometry"]) for feature in found["features"]]
    assert len(boxes) == 96
    assert all(one.symmetric_difference(box(*one.bounds)).area < 1e-3 * one.area for one in boxes)
    assert all(f["properties"].keys() == FEATURE_PROPERTIES for f in found["features"])


def test_predict_needs_a_threshold_and_an_image(pipeline, data, tmp_path):
    with pytest.raises(ValueError, match="confidence_threshold"):
        pipeline.predict(RedBoxSession(), data[0], {})
    with pytest.raises(FileNotFoundError):
        pipeline.predict(RedBoxSession(), str(tmp_path), {"confidence_threshold": 0.5})


def test_preprocess_and_postprocess_fit_the_model(pipeline, generate_toy_dataset):
    image = pipeline.preprocess(next(generate_toy_dataset["chips"].iterdir()))
    (output,) = RedBoxSession().run(None, {"image": image})
    found = pipeline.postprocess(output[0], 0.5)
    assert len({tuple(one) for one in found.round()}) >= 16
