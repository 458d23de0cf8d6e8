"""Which features an outline has, and which parts of them.

The outline is prepared once, so that it may be as fine as it likes: only features on its border meet all of it.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import shapely

from extracts.vector.layer import Batch, Counts
from extracts.vector.nearby import Nearby

WHOLE, CUT = "whole", "cut"
NO_GEOMETRY = "no geometry, or none that can be read"
LINES = ("LineString", "LinearRing", "MultiLineString")
_DIMENSIONS = {"Point": 0, "LineString": 1, "Polygon": 2}


@dataclass(frozen=True)
class Selection:
    """`is_cut`: by row, whether something of its feature lies beyond the outline and is left out."""

    batch: Batch
    is_cut: np.ndarray


def filtered(batches: Iterator[Batch], surface: shapely.Geometry, counts: Counts) -> Iterator[Selection]:
    """Features that meet the outline, whole and byte by byte as they came."""
    shapely.prepare(surface)
    for batch in batches:
        shapes = _readable(batch, counts)
        found = batch.take(shapely.intersects(surface, shapes))
        counts.whole += len(found.wkb)
        counts.parts += len(found.wkb)
        yield Selection(found, np.zeros(len(found.wkb), dtype=bool))


def clipped(
    batches: Iterator[Batch], surface: shapely.Geometry, kinds: Collection[str] | None, counts: Counts
) -> Iterator[Selection]:
    """Parts of features within the outline, a row each, as PostGIS' `ST_Dump(ST_Intersection())` gives them.

    A line that crosses itself falls apart there too, also where it lies wholly within. `kinds`: of parts that are kept,
    for instance `{"LineString"}`; None keeps parts of their feature's dimension. What else there is, is counted.
    """
    shapely.prepare(surface)
    nearby = Nearby.of(surface)
    for batch in batches:
        shapes = _readable(batch, counts)
        meets = np.flatnonzero(shapely.intersects(surface, shapes))
        inside = shapely.contains_properly(surface, shapes[meets])
        parts, is_cut = shapes[meets].copy(), ~inside
        _node(parts, inside)
        _cut(parts, is_cut, surface, nearby, counts)
        counts.whole += int(inside.sum())
        yield _apart(batch, meets, parts, is_cut, kinds, counts)


def _readable(batch: Batch, counts: Counts) -> np.ndarray:
    shapes = batch.shapes()
    counts.read += len(shapes)
    missing = int(shapely.is_missing(shapes).sum())
    if missing:
        counts.skipped[NO_GEOMETRY] += missing
    return shapes


def _node(parts: np.ndarray, inside: np.ndarray) -> None:
    """Lines within the outline that cross themselves, against a box of their own instead of the outline."""
    for number in np.flatnonzero(inside & ~shapely.is_simple(parts)):
        if parts[number].geom_type in LINES:
            west, south, east, north = parts[number].bounds
            parts[number] = parts[number].intersection(shapely.box(west - 1, south - 1, east + 1, north + 1))


def _cut(parts: np.ndarray, border: np.ndarray, surface: shapely.Geometry, nearby: Nearby, counts: Counts) -> None:
    for number in np.flatnonzero(border):
        before = parts[number]
        try:
            if not before.is_valid and before.geom_type not in LINES:
                before = shapely.make_valid(before, method="structure")
                counts.repaired += 1
            parts[number] = shapely.intersection(before, nearby.around(before.bounds))
        except shapely.errors.GEOSException as error:
            parts[number], border[number] = shapely.GeometryCollection(), False
            counts.skipped[f"cannot be cut: {error}"] += 1
            continue
        border[number] = not _covers(surface, before)
        counts.cut += bool(border[number])
        counts.whole += not border[number]


def _covers(surface: shapely.Geometry, shape: shapely.Geometry) -> bool:
    """Whether nothing of it lies beyond, edges of the outline included."""
    return bool(shapely.covers(surface, shape))


def _apart(
    batch: Batch, rows: np.ndarray, parts: np.ndarray, is_cut: np.ndarray, kinds: Collection[str] | None, counts: Counts
) -> Selection:
    """A row for each part; features keep their order, and parts that in which the intersection has them."""
    singles, origin = shapely.get_parts(parts, return_index=True)
    while (shapely.get_type_id(singles) > 3).any():
        singles, inner = shapely.get_parts(singles, return_index=True)
        origin = origin[inner]
    keep = _kept(batch, rows, singles, origin, kinds, counts)
    singles, origin = singles[keep], origin[keep]
    counts.parts += len(singles)
    found = batch.take(rows[origin])
    return Selection(Batch(pa.array(shapely.to_wkb(singles), pa.binary()), found.attributes), is_cut[origin])


def _kept(
    batch: Batch,
    rows: np.ndarray,
    singles: np.ndarray,
    origin: np.ndarray,
    kinds: Collection[str] | None,
    counts: Counts,
) -> np.ndarray:
    names = np.array([one.geom_type.replace("LinearRing", "LineString") for one in singles], dtype=object)
    filled = ~shapely.is_empty(singles)
    if kinds is not None:
        keep = np.isin(names, list(kinds))
    else:
        keep = shapely.get_dimensions(singles) == shapely.get_dimensions(batch.shapes()[rows])[origin]
    for name in names[~keep & filled]:
        counts.skipped[f"part is a {name}"] += 1
    return keep & filled
