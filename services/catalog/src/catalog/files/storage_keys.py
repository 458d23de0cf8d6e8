"""Folders of the object store by owner."""

from collections.abc import Collection
from dataclasses import dataclass

COLLECTIONS = ("base-models", "local-models", "datasets")
DOWNLOADABLE = ("model", "checkpoint", "training-metrics", "reliability", "download")
"""Assets that have a copy at a public address."""
LABELS, CHIPS = "labels", "chips"
UNMIRRORED = (LABELS, CHIPS)
"""Assets of datasets that are served from the folder of the build."""
PREDICTIONS = "predict"
SHELVES = (*COLLECTIONS, *(f"downloads/{name}" for name in COLLECTIONS), PREDICTIONS)
"""Folders with one subfolder per row, whose row decides who may read it."""


@dataclass(frozen=True)
class RowFolder:
    """A folder of `SHELVES` and the item or prediction whose subfolder this is; None as owner is the shelf itself."""

    shelf: str
    owner: str | None

    @property
    def kind(self) -> str:
        """The collection, or `predict`."""
        return self.shelf.removeprefix("downloads/")


def row_folder(key: str) -> RowFolder | None:
    """Returns the folder of a key or prefix relative to our prefix; None outside the shelves."""
    for shelf in SHELVES:
        if key.startswith(f"{shelf}/"):
            return RowFolder(shelf, key[len(shelf) + 1 :].split("/", 1)[0] or None)
    return None


def children(prefix: str, paths: Collection[str]) -> list[str]:
    """Returns the names directly under `prefix` on the way to these paths, which end with a slash."""
    below = {path[len(prefix) :].split("/", 1)[0] for path in paths if path.startswith(prefix) and path != prefix}
    return sorted(below)


def download(collection: str, item_id: str, asset: str) -> str:
    return f"downloads/{collection}/{item_id}/{asset}/"


def unmirrored_folder(item_id: str, asset: str) -> str:
    """Returns the folder of an unmirrored asset of a dataset."""
    return f"datasets/{item_id}/{asset}/"


def artifact(key: str) -> tuple[str, str] | None:
    """Returns the collection of a pipeline artifact and its folder, which may be that of an item; `key` is relative
    to our prefix. None for other keys."""
    root, _, below = key.partition("/")
    collection, _, path = below.partition("/")
    if root != "zenml" or collection not in COLLECTIONS or ".." in key:
        return None
    return collection, path.partition("/")[0]
