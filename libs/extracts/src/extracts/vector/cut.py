"""The features of a layer that an outline has, as a file."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from extracts.drafts import draft_of
from extracts.outline import Outline
from extracts.vector.columns import Columns
from extracts.vector.files import open_vector
from extracts.vector.formats import EXTENSIONS, VectorFormat
from extracts.vector.layer import Counts, Layer
from extracts.vector.select import CUT, WHOLE, Selection, clipped, filtered
from extracts.vector.writers import Features, write

Progress = Callable[[float], None]


@dataclass(frozen=True)
class VectorExtract:
    """`renamed`: columns whose name the format cannot hold, old to new. `as_json`: columns that became JSON text."""

    counts: Counts
    renamed: dict[str, str]
    as_json: tuple[str, ...]


def cut_vector(
    source: str | Path, outline: Outline, target: Path, chosen: VectorFormat | None = None, layer: str | None = None,
    progress: Progress = lambda share: None,
) -> VectorExtract:  # fmt: skip
    """Writes what the outline has of a file in EPSG:4326; `target` is there when this returns, and only then.

    Without a match it is a valid file of no features. `progress` takes the share that was read and may raise to stop.
    """
    with open_vector(source, outline.boxes, layer) as found:
        return cut_layer(found, outline, target, chosen or VectorFormat(), progress)


def cut_layer(
    layer: Layer, outline: Outline, target: Path, chosen: VectorFormat, progress: Progress = lambda share: None
) -> VectorExtract:
    """The same for features from elsewhere: rows of a query, points of a table. The layer has the file's stem as name.

    Writers go by the ending of a name: without `.fgb` a FlatGeobuf is a folder, without `.pmtiles` tiles are SQLite.
    """
    counts, columns = Counts(), Columns.of(layer.schema, chosen.driver, chosen.cut_column)
    tables = _tables(layer, outline, chosen, columns, counts, progress)
    kind = layer.kind if chosen.mode == "filter" else _single(layer.kind, chosen)
    extent = tuple(np.array(outline.surface.bounds).tolist())
    with draft_of(target) as draft:
        file = draft.with_name(f"features.{EXTENSIONS[chosen.driver]}")
        write(Features(chosen.layer or target.stem, columns.schema, kind, extent, tables), file, chosen)
        file.rename(draft)
    counts.skipped.update(layer.left_out)
    progress(1.0)
    return VectorExtract(counts, columns.renamed, columns.as_json)


def _tables(
    layer: Layer, outline: Outline, chosen: VectorFormat, columns: Columns, counts: Counts, progress: Progress
) -> Iterator[tuple[pa.Array, pa.Table]]:
    for one in _selections(layer, outline, chosen, counts):
        said = pa.array(np.where(one.is_cut, CUT, WHOLE), pa.string()) if chosen.cut_column else None
        yield one.batch.wkb, columns.table(one.batch.attributes, said)
        progress(min(counts.read / layer.total, 1.0) if layer.total else 0.0)


def _selections(layer: Layer, outline: Outline, chosen: VectorFormat, counts: Counts) -> Iterator[Selection]:
    if chosen.mode == "filter":
        return filtered(layer.batches, outline.surface, counts)
    return clipped(layer.batches, outline.surface, chosen.kinds, counts)


def _single(kind: str, chosen: VectorFormat) -> str:
    """Parts are never several shapes in one row."""
    if chosen.kinds and len(chosen.kinds) == 1:
        return next(iter(chosen.kinds))
    return kind.removeprefix("Multi")
