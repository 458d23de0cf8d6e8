"""Summarizes a STAC item for training and prediction."""

from typing import Any

from catalog.stac.hyperparameters import typed
from contracts.catalog.models import ModelSummary

OCI_IMAGE = "application/vnd.oci.image.index.v1+json"
"""Assets of other types name a Dockerfile, or nothing to pull."""


def summarize_item(item: dict[str, Any], href: str, category: str) -> ModelSummary:
    """`item`: a valid base or local model whose weights are in our object store; `href`: its address."""
    properties, assets = item["properties"], item["assets"]
    names = [entry["name"] for entry in properties["mlm:output"][0]["classification:classes"]]
    return ModelSummary(
        stac_item_id=item["id"], name=properties["mlm:name"], title=properties["title"], category=category,
        entrypoint=assets["source-code"]["mlm:entrypoint"], onnx_uri=assets["model"]["href"],
        checkpoint_uri=assets["checkpoint"]["href"], item_href=href, keywords=properties["keywords"],
        tasks=properties["mlm:tasks"], num_classes=len(names), class_names=names,
        hyperparameters=properties["mlm:hyperparameters"],
        hyperparameters_spec=typed(properties.get("fair:hyperparameters_spec", [])),
        output_properties=properties.get("fair:output_properties", []),
        coarsest_imagery=properties.get("fair:coarsest_imagery"),
        image=_image(assets.get("mlm:training", {})), accelerator=properties.get("mlm:accelerator") or "",
        accelerator_count=properties.get("mlm:accelerator_count") or 1,
    )  # fmt: skip


def _image(asset: dict[str, Any]) -> str:
    return asset["href"] if asset.get("type") == OCI_IMAGE else ""
