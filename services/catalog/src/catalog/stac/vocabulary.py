"""Names, addresses and lists that every item of the catalogue draws on."""

CORE_VERSION = "1.1.0"
OURS = "https://fairway.example/schemas/v1.1.0"
"""Schemas of our own: `<OURS>/<base-model|local-model|dataset>/schema.json`."""
_EXTENSIONS = "https://stac-extensions.github.io"
MLM = f"{_EXTENSIONS}/mlm/v1.5.1/schema.json"
VERSION = f"{_EXTENSIONS}/version/v1.2.0/schema.json"
CLASSIFICATION = f"{_EXTENSIONS}/classification/v2.0.0/schema.json"
FILE = f"{_EXTENSIONS}/file/v2.1.0/schema.json"
RASTER = f"{_EXTENSIONS}/raster/v1.1.0/schema.json"
ALTERNATES = f"{_EXTENSIONS}/alternate-assets/v1.2.0/schema.json"
LABEL = f"{_EXTENSIONS}/label/v1.0.1/schema.json"

BASE_MODELS, LOCAL_MODELS, DATASETS = "base-models", "local-models", "datasets"
_MODEL = [MLM, VERSION, CLASSIFICATION, FILE, RASTER]
EXTENSIONS = {
    BASE_MODELS: [*_MODEL, f"{OURS}/base-model/schema.json"],
    LOCAL_MODELS: [*_MODEL, f"{OURS}/local-model/schema.json"],
    DATASETS: [LABEL, FILE, VERSION, f"{OURS}/dataset/schema.json"],
}
TITLES = {
    BASE_MODELS: "Base models: blueprints to fine-tune",
    LOCAL_MODELS: "Local models: fine-tuned and published by their owners",
    DATASETS: "Datasets: chips with labels",
}

FEATURES = frozenset({"building", "road", "tree", "water", "landuse", "solid-waste"})
TASKS = frozenset({"semantic-segmentation", "instance-segmentation", "object-detection", "classification"})
GEOMETRIES = frozenset({"polygon", "line", "point"})
KEYWORDS = FEATURES | TASKS | GEOMETRIES
LABEL_TASK = {
    "semantic-segmentation": "segmentation",
    "instance-segmentation": "segmentation",
    "object-detection": "detection",
    "classification": "classification",
}
"""What a model's task is called among the tasks of labels."""


def collection(collection_id: str) -> dict:
    """The collection as it is written to the STAC API."""
    return {
        "type": "Collection",
        "id": collection_id,
        "stac_version": CORE_VERSION,
        "stac_extensions": EXTENSIONS[collection_id],
        "title": TITLES[collection_id],
        "description": f"{TITLES[collection_id]}.",
        "license": "other",
        "extent": {
            "spatial": {"bbox": [[-180, -90, 180, 90]]},
            "temporal": {"interval": [["2026-01-01T00:00:00Z", None]]},
        },
        "links": [],
    }
