from pathlib import Path

import pytest

from geoml.testing import toy_dataset


@pytest.fixture(autouse=True)
def own_zenml(tmp_path, monkeypatch):
    monkeypatch.setenv("ZENML_CONFIG_PATH", str(tmp_path / "zenml"))
    monkeypatch.setenv("ZENML_ANALYTICS_OPT_IN", "false")


@pytest.fixture(scope="session")
def generate_toy_dataset(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """`chips`, `labels` and `dataset_stac_item` of six tiles of 256 pixels."""
    return toy_dataset(tmp_path_factory.mktemp("toy"))
