import pytest
from models.box_unet import pipeline as box_unet

from geoml.plugin_tests import data, generate_toy_dataset, own_zenml, split, train

__all__ = ["data", "generate_toy_dataset", "own_zenml", "split", "train"]


@pytest.fixture(scope="session")
def pipeline():
    return box_unet


@pytest.fixture(scope="session")
def values():
    return {"epochs": 2, "batch_size": 2, "samples_per_epoch": 6, "learning_rate": 0.01, "val_ratio": 0.34}


@pytest.fixture(scope="session")
def base(tmp_path_factory):
    """A thin network, which learns the toy colours in seconds."""
    import torch
    from models.box_unet.training import BOX_UNET

    from geoml.unet.network import UNet

    torch.manual_seed(0)
    file = tmp_path_factory.mktemp("base") / "checkpoint.pt"
    file.write_bytes(BOX_UNET.save(UNet(8, BOX_UNET.outputs)))
    return file
