"""Features on their way from a source to a file, some ten thousand at a time."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import shapely

BATCH = 16_384
"""Features that are in memory at once."""


@dataclass
class Counts:
    """What became of the features. `parts`: rows that were written; `whole` and `cut`: features of the source.

    `skipped`: parts and features that were left out although they lie there, by reason.
    """

    read: int = 0
    whole: int = 0
    cut: int = 0
    parts: int = 0
    repaired: int = 0
    skipped: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Batch:
    """`wkb`: geometries in EPSG:4326, longitude first, in the same order as `attributes`."""

    wkb: pa.Array
    attributes: pa.Table

    def shapes(self) -> np.ndarray:
        """None where there is no geometry, or none that can be read."""
        return shapely.from_wkb(np.asarray(self.wkb.to_numpy(zero_copy_only=False)), on_invalid="ignore")

    def take(self, rows: np.ndarray) -> "Batch":
        """Rows by number or by a mask."""
        if rows.dtype == bool:
            return Batch(self.wkb.filter(pa.array(rows)), self.attributes.filter(pa.array(rows)))
        return Batch(self.wkb.take(pa.array(rows)), self.attributes.take(pa.array(rows)))


@dataclass(frozen=True)
class Layer:
    """`kind`: geometry type as the source names it, or `Unknown`. `total`: features to be read, where that is known."""

    name: str
    schema: pa.Schema
    kind: str
    batches: Iterator[Batch]
    total: int | None = None
    left_out: Counter[str] = field(default_factory=Counter)
    """Of the source, by reason, while it is read: they never came to a batch."""
