"""Fixtures for tests of the plug-ins that are a U-Net, beside those of `geoml.plugin_tests`. Needs pytest, and torch
for `base`."""

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from geoml.plugin import Plugin


@pytest.fixture(scope="session")
def values() -> dict[str, Any]:
    return {"epochs": 2, "batch_size": 2, "samples_per_epoch": 6, "learning_rate": 0.01, "val_ratio": 0.34}


@pytest.fixture(scope="session")
def base(pipeline: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A thin network, which learns the toy colours in seconds."""
    import torch

    from geoml.unet.network import UNet

    training: Any = Plugin(pipeline.__name__.rpartition(".")[0]).training
    torch.manual_seed(0)
    file = tmp_path_factory.mktemp("base") / "checkpoint.pt"
    file.write_bytes(training.UNET.save(UNet(8, training.UNET.outputs)))
    return file
