"""`predict` as it serves: with any session, on a folder."""

from types import SimpleNamespace

import numpy as np
import pytest
from models.rooftop_light.pipeline import postprocess, predict, preprocess
from shapely.geometry import shape


class RedIsRoof:
    """A stub session."""

    def get_inputs(self):
        return [SimpleNamespace(name="image")]

    def run(self, _names, feed):
        red = (feed["image"][:, 0] > feed["image"][:, 1]).astype(np.float32)
        return [np.stack([1 - red, red, 0 * red], axis=1)]


def test_predict_gives_a_feature_collection(generate_toy_dataset):
    found = predict(RedIsRoof(), str(generate_toy_dataset["chips"]), {"confidence_threshold": 0.5})
    assert found["type"] == "FeatureCollection"
    assert len(found["features"]) > 50
    assert all(shape(f["geometry"]).is_valid for f in found["features"])
    assert all(f["properties"].keys() == {"class", "label", "confidence", "source"} for f in found["features"])


def test_predict_needs_a_threshold(generate_toy_dataset):
    with pytest.raises(ValueError, match="confidence_threshold"):
        predict(RedIsRoof(), str(generate_toy_dataset["chips"]), {})


def test_predict_needs_an_image(tmp_path):
    with pytest.raises(FileNotFoundError):
        predict(RedIsRoof(), str(tmp_path), {"confidence_threshold": 0.5})


def test_preprocess_and_postprocess_fit_the_model(generate_toy_dataset):
    image = preprocess(next(generate_toy_dataset["chips"].iterdir()))
    assert (image.shape, image.dtype) == ((1, 3, 256, 256), np.float32)
    (probabilities,) = RedIsRoof().run(None, {"image": image})
    assert postprocess(probabilities[0], 0.5).max() > 5
