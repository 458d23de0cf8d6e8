import pytest
from models.chip_light import pipeline as chip_light

from geoml.plugin_tests import base, data, generate_toy_dataset, own_zenml, split, train

__all__ = ["base", "data", "generate_toy_dataset", "own_zenml", "split", "train"]


@pytest.fixture(scope="session")
def pipeline():
    return chip_light


@pytest.fixture(scope="session")
def values():
    return {"epochs": 6, "max_cells": 2000, "batch_size": 64, "val_ratio": 0.34, "split_seed": 1}
