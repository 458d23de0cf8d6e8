"""Writes the files of a base model: `python -m geoml.base_model models.unet OUT_DIR`."""

import sys
from pathlib import Path, PurePosixPath

from geoml.plugin import Plugin


def write_base_model(plugin: Plugin, folder: Path, weights: bytes) -> dict[str, Path]:
    """Writes `weights` and their ONNX file under the names that the item's assets have; returns the paths by asset."""
    assets = plugin.item["assets"]
    paths = {key: folder / PurePosixPath(assets[key]["href"]).name for key in ("checkpoint", "model")}
    folder.mkdir(parents=True, exist_ok=True)
    paths["checkpoint"].write_bytes(weights)
    paths["model"].write_bytes(plugin.training.to_onnx(weights))
    return paths


if __name__ == "__main__":
    plugin = Plugin(sys.argv[1])
    for asset, path in write_base_model(plugin, Path(sys.argv[2]), plugin.training.base_weights()).items():
        print(asset, path)
