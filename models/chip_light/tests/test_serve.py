"""`predict` as it serves: with any session, on a folder."""

import numpy as np
import pytest
from shapely.geometry import shape

from geoml.plugin_tests import RedRoofSession


def test_predict_answers_for_every_cell(pipeline, data):
    features = pipeline.predict(RedRoofSession(), data[0], {"confidence_threshold": 0.5, "cells": 8})["features"]
    assert len(features) == 6 * 64
    assert {f["properties"]["label"] for f in features} == {"building", "no_building"}
    assert all(f["properties"]["class"] == (f["properties"]["confidence"] >= 0.5) for f in features)


def test_with_one_cell_each_chip_has_an_answer(pipeline, data):
    features = pipeline.predict(RedRoofSession(), data[0], {"confidence_threshold": 0.5, "cells": 1})["features"]
    assert [f["properties"]["label"] for f in features] == ["building"] * 6
    west, south, east, north = shape(features[0]["geometry"]).bounds
    assert (east - west, north - south) == pytest.approx((360 / 2**19, 360 / 2**19 * 0.886), rel=0.01)


def test_predict_needs_a_threshold_and_an_image(pipeline, data, tmp_path):
    with pytest.raises(ValueError, match="confidence_threshold"):
        pipeline.predict(RedRoofSession(), data[0], {})
    with pytest.raises(FileNotFoundError):
        pipeline.predict(RedRoofSession(), str(tmp_path), {"confidence_threshold": 0.5})


def test_preprocess_and_postprocess_fit_the_model(pipeline, generate_toy_dataset):
    image = pipeline.preprocess(next(generate_toy_dataset["chips"].iterdir()))
    (probabilities,) = RedRoofSession().run(None, {"image": image})
    answers = pipeline.postprocess(probabilities[0], 0.5)
    assert (answers.shape, answers.dtype) == ((256, 256), np.bool_)
    assert 0 < answers.mean() < 1
