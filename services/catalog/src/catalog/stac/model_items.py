"""Rules for items of both base and local models."""

from typing import Any

from catalog.stac.hyperparameters import in_text

Item = dict[str, Any]
SPEC, ACCELERATOR = "fair:hyperparameters_spec", "mlm:accelerator"
NUMPY = "numpy.savez"
ZIP, OCTETS = "application/zip", "application/octet-stream"
"""`numpy.savez` writes a ZIP archive."""
_ENDINGS = {NUMPY: ".npz", "pickle": ".pkl", "tf.keras.Model.save": ".keras"}


def in_catalogue_form(item: Item) -> Item:
    """Returns the item with hyper-parameters as texts, without the accelerator `cpu`, which MLM does not list, and
    with the media type of its weights."""
    properties = {name: value for name, value in item["properties"].items() if (name, value) != (ACCELERATOR, "cpu")}
    spec = properties.get(SPEC)
    if isinstance(spec, list) and all(isinstance(entry, dict) for entry in spec):
        properties[SPEC] = in_text(spec)
    assets = item["assets"]
    if isinstance(checkpoint := assets.get("checkpoint"), dict):
        assets = {**assets, "checkpoint": {**checkpoint, **_media(checkpoint)}}
    return {**item, "properties": properties, "assets": assets}


def weights_file(asset: Item) -> tuple[str, str]:
    """Returns file name and media type of the weights of such an asset."""
    kind = asset.get("mlm:artifact_type", "")
    return f"weights{_ENDINGS.get(kind, '.pt')}", ZIP if kind == NUMPY else OCTETS


def _media(asset: Item) -> Item:
    return {"type": ZIP} if asset.get("mlm:artifact_type") == NUMPY else {}
