"""Builds the item of a published local model."""

from typing import Any

import pystac

from catalog.stac import items
from catalog.stac.item_inputs import PublishedRun
from catalog.stac.model_items import in_catalogue_form
from catalog.stac.names import mlm_name
from catalog.stac.vocabulary import LOCAL_MODELS, TASKS, in_vocabulary

Item = dict[str, Any]
GEO = "application/geo+json"
VERSION, MANIFEST = "labelstore:dataset_version", "labelstore:manifest_sha256"
"""Number and hash of the manifest of a version of the label store: which pictures and labels the model has seen."""
POST_PROCESSING = "post_processing"
"""The metric that holds parameters of inference, by names without prefix."""
CLONED = (
    "mlm:architecture", "mlm:tasks", "mlm:framework", "mlm:framework_version", "mlm:input", "mlm:output", "license",
    "mlm:accelerator", "mlm:accelerator_count", "fair:metrics_spec", "fair:hyperparameters_spec",
    "fair:output_properties", "fair:coarsest_imagery", "fair:coverage", "fair:preview", "fair:category",
)  # fmt: skip
CLONED_ASSETS = ("source-code", "mlm:training", "mlm:inference", "mlm:inference-endpoint")


def local_item(run: PublishedRun, base: Item, base_href: str, dataset: Item, dataset_href: str) -> Item:
    """`base` and `dataset` are the items that the run used; the geometry is that of the dataset."""
    properties = _properties(run, base, base_href, dataset)
    built = items.item(LOCAL_MODELS, run.item_id, dataset["geometry"], dataset["bbox"], properties)
    origin, data = base["properties"], dataset["properties"]
    built.add_link(pystac.Link("derived_from", base_href, GEO, extra_fields={"mlm:name": origin["mlm:name"]}))
    built.add_link(pystac.Link("derived_from", dataset_href, GEO, title=data["title"]))
    _add_weights(built, run, base["assets"])
    if run.training_metrics:
        built.add_asset("training-metrics", items.asset(run.training_metrics, "application/json", ["metadata"]))
    if run.reliability:
        built.add_asset("reliability", items.asset(run.reliability, "image/png", ["graphic"]))
    return in_catalogue_form(_with_cloned_assets(items.finalize_item(built), base["assets"]))


def _add_weights(built: pystac.Item, run: PublishedRun, assets: Item) -> None:
    for name, file, roles in (
        ("checkpoint", run.checkpoint, ["mlm:model", "mlm:weights"]),
        ("model", run.model, ["mlm:model", "mlm:compiled"]),
    ):
        theirs = assets[name]
        extra = {field: theirs[field] for field in ("mlm:artifact_type", "raster:bands") if field in theirs}
        built.add_asset(name, items.asset(file, theirs.get("type", "application/octet-stream"), roles, **extra))


def _with_cloned_assets(item: Item, assets: Item) -> Item:
    cloned = {name: assets[name] for name in CLONED_ASSETS if name in assets}
    return {**item, "assets": {**item["assets"], **cloned}}


def _properties(run: PublishedRun, base: Item, base_href: str, dataset: Item) -> Item:
    origin = base["properties"]
    return {
        **{name: origin[name] for name in CLONED if name in origin},
        "title": run.title,
        "description": run.description,
        "mlm:name": mlm_name(run.name),
        "mlm:pretrained": True,
        "mlm:pretrained_source": base_href,
        "mlm:hyperparameters": _hyperparameters(run, origin["mlm:hyperparameters"]),
        "keywords": _keywords(run, base, dataset),
        "version": str(run.version),
        "deprecated": False,
        "providers": [{"name": run.username or str(run.user_id), "roles": ["producer"]}],
        "fair:user_id": str(run.user_id),
        "fair:base_model_id": base["id"],
        "fair:base_model_name": origin["mlm:name"],
        "fair:base_model_title": origin["title"],
        "fair:dataset_id": dataset["id"],
        "fair:metrics": {key: value for key, value in run.metrics.items() if key != POST_PROCESSING},
        "fair:split": run.split,
        **items.without_none(_measured(run, dataset)),
    }


def _measured(run: PublishedRun, dataset: Item) -> Item:
    return {
        "fair:labeled_chip_count": _chip_count(dataset["properties"]),
        VERSION: dataset["properties"].get("version") if MANIFEST in dataset["properties"] else None,
        MANIFEST: dataset["properties"].get(MANIFEST),
        "fair:training_started_at": run.started_at,
        "fair:training_ended_at": run.ended_at,
        "fair:training_duration_seconds": run.wall_seconds,
    }


def _chip_count(data: Item) -> int | None:
    return data.get("fair:chip_count", data.get("labelstore:image_count"))


def _hyperparameters(run: PublishedRun, base: Item) -> Item:
    """Returns the used values under `training.`, without those of inference only, and those of inference: what the
    run found on its validation chips, else the base model's defaults."""
    for_inference = {key: value for key, value in base.items() if key.startswith("inference.")}
    found = {f"inference.{key}": value for key, value in (run.metrics.get(POST_PROCESSING) or {}).items()}
    trained = {
        f"training.{key}": value for key, value in run.hyperparameters.items()
        if f"training.{key}" in base or f"inference.{key}" not in base
    }  # fmt: skip
    return {**trained, **for_inference, **{key: value for key, value in found.items() if key in for_inference}}


def _keywords(run: PublishedRun, base: Item, dataset: Item) -> list[str]:
    """A dataset may serve more tasks than the model."""
    geometry = dataset["properties"].get("fair:geometry_type")
    data = [word for word in dataset["properties"]["keywords"] if word not in TASKS]
    words = [*base["properties"]["keywords"], *data, *in_vocabulary(run.keywords)]
    return list(dict.fromkeys([*words, *([geometry] if geometry else [])]))
