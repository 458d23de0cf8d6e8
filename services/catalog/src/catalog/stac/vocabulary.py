"""Names, addresses and lists that all items use."""

from collections.abc import Iterable

from contracts import stac_schemas

CORE_VERSION = "1.1.0"
_EXTENSIONS = "https://stac-extensions.github.io"
MLM = f"{_EXTENSIONS}/mlm/v1.5.1/schema.json"
VERSION = f"{_EXTENSIONS}/version/v1.2.0/schema.json"
CLASSIFICATION = f"{_EXTENSIONS}/classification/v2.0.0/schema.json"
FILE = f"{_EXTENSIONS}/file/v2.1.0/schema.json"
RASTER = f"{_EXTENSIONS}/raster/v1.1.0/schema.json"
ALTERNATES = f"{_EXTENSIONS}/alternate-assets/v1.2.0/schema.json"
WEB_MAP_LINKS = f"{_EXTENSIONS}/web-map-links/v1.2.0/schema.json"
PROCESSING = f"{_EXTENSIONS}/processing/v1.1.0/schema.json"
LABEL = f"{_EXTENSIONS}/label/v1.0.1/schema.json"
SHA2_256 = "1220"
"""Before the hexadecimal digest in a multihash, as `file:checksum` has it: of SHA-256 with 32 bytes."""

BASE_MODELS, LOCAL_MODELS, DATASETS, PACKAGES = "base-models", "local-models", "datasets", "packages"
LABEL_DATASETS = "label-datasets"
_MODEL = [MLM, VERSION, CLASSIFICATION, FILE, RASTER]
EXTENSIONS = {
    BASE_MODELS: [*_MODEL, stac_schemas.address("base-model")],
    LOCAL_MODELS: [*_MODEL, stac_schemas.address("local-model")],
    DATASETS: [LABEL, FILE, VERSION, stac_schemas.address("dataset")],
    PACKAGES: [FILE, PROCESSING],
    LABEL_DATASETS: [LABEL, FILE, VERSION],
}
TITLES = {
    BASE_MODELS: "Base models: blueprints to fine-tune",
    LOCAL_MODELS: "Local models: fine-tuned and published by their owners",
    DATASETS: "Datasets: chips with labels",
    PACKAGES: "Packages: open data cut by the boundary of an area",
    LABEL_DATASETS: "Label datasets: hand-labelled images of campaigns",
}

FEATURES = frozenset({"building", "road", "tree", "water", "landuse", "solid-waste"})
TASKS = frozenset({"semantic-segmentation", "instance-segmentation", "object-detection", "classification"})
GEOMETRIES = frozenset({"polygon", "line", "point"})
KEYWORDS = FEATURES | TASKS | GEOMETRIES


def in_vocabulary(words: Iterable[str]) -> list[str]:
    """Returns the allowed keywords in their spelling: `Buildings`, the slug of a category, is `building`. Others are
    dropped."""
    spelt = ("-".join(word.lower().split()).replace("_", "-") for word in words)
    known = (word if word in KEYWORDS else word.removesuffix("s") for word in spelt)
    return list(dict.fromkeys(word for word in known if word in KEYWORDS))


def dataset_keywords(words: Iterable[str], tasks: Iterable[str], geometry_type: str) -> list[str]:
    """Returns the keywords of a dataset; its tasks and geometry type when no known keyword was given."""
    return in_vocabulary(words) or in_vocabulary([*tasks, geometry_type])


LABEL_TASK = {
    "semantic-segmentation": "segmentation",
    "instance-segmentation": "segmentation",
    "object-detection": "detection",
    "classification": "classification",
}
"""Label tasks by model task."""


def collection(collection_id: str) -> dict:
    """Returns the collection as it is sent to the STAC API."""
    return {
        "type": "Collection",
        "id": collection_id,
        "stac_version": CORE_VERSION,
        "stac_extensions": [],
        "title": TITLES[collection_id],
        "description": f"{TITLES[collection_id]}.",
        "license": "other",
        "extent": {
            "spatial": {"bbox": [[-180, -90, 180, 90]]},
            "temporal": {"interval": [["2026-01-01T00:00:00Z", None]]},
        },
        "links": [],
    }
