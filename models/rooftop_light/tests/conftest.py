import pytest
from models.rooftop_light import pipeline as rooftop_light

from geoml.plugin_tests import base, data, generate_toy_dataset, own_zenml, split, train

__all__ = ["base", "data", "generate_toy_dataset", "own_zenml", "split", "train"]


@pytest.fixture(scope="session")
def pipeline():
    return rooftop_light


@pytest.fixture(scope="session")
def values():
    return {"epochs": 3, "max_pixels": 6000, "batch_size": 128, "val_ratio": 0.34, "split_seed": 1}
