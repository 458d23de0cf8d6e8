import pytest
from models.box_unet import pipeline as box_unet

from geoml.plugin_tests import data, generate_toy_dataset, own_zenml, split, train
from geoml.unet.testing import base, values

__all__ = ["base", "data", "generate_toy_dataset", "own_zenml", "split", "train", "values"]


@pytest.fixture(scope="session")
def pipeline():
    return box_unet
