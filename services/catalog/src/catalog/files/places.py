"""Which parts of the store belong to whom."""

from collections.abc import Collection
from dataclasses import dataclass

COLLECTIONS = ("base-models", "local-models", "datasets")
DOWNLOADABLE = ("model", "checkpoint", "training-metrics", "download")
"""Assets that are mirrored for everybody."""
PREDICTIONS = "predict"
SHELVES = (*COLLECTIONS, *(f"downloads/{name}" for name in COLLECTIONS), PREDICTIONS)
"""Folders that hold one folder for each row, and the row says who may look into it."""


@dataclass(frozen=True)
class Place:
    """A shelf, and the item or prediction whose folder this is; None is the shelf itself."""

    shelf: str
    owner: str | None

    @property
    def kind(self) -> str:
        """A collection, or `predict`."""
        return self.shelf.removeprefix("downloads/")


def place(key: str) -> Place | None:
    """Where a key or prefix lies that is relative to our folder; None outside the shelves."""
    for shelf in SHELVES:
        if key.startswith(f"{shelf}/"):
            return Place(shelf, key[len(shelf) + 1 :].split("/", 1)[0] or None)
    return None


def children(prefix: str, paths: Collection[str]) -> list[str]:
    """Names on the level under `prefix` on the way to these paths, all of which end in a slash."""
    below = {path[len(prefix) :].split("/", 1)[0] for path in paths if path.startswith(prefix) and path != prefix}
    return sorted(below)


def download(collection: str, item_id: str, asset: str) -> str:
    return f"downloads/{collection}/{item_id}/{asset}/"


def is_public_artifact(key: str) -> bool:
    """Pipeline artifacts of the three collections; `key` is relative to our folder."""
    return key.startswith(tuple(f"zenml/{name}/" for name in COLLECTIONS)) and ".." not in key
