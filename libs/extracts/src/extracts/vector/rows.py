"""Rows of a query as a layer."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import pyarrow as pa

from extracts.vector.layer import Batch, Layer

ROWS = 1000
Row = tuple[bytes | None, Mapping[str, Any]]
"""Geometry as WKB in EPSG:4326, and properties."""


def layer_of_rows(
    rows: Iterable[Row], schema: pa.Schema, name: str, kind: str = "Unknown", total: int | None = None
) -> Layer:
    """Properties spread over the columns of `schema`: those that are missing are null, unknown ones are dropped.

    A row whose values do not fit is left out. Both are counted in `left_out`, the latter by the name of the property.
    """
    left_out: Counter[str] = Counter()
    return Layer(name, schema, kind, _batches(iter(rows), schema, left_out), total, left_out)


def _batches(rows: Iterator[Row], schema: pa.Schema, left_out: Counter[str]) -> Iterator[Batch]:
    while some := list(islice(rows, ROWS)):
        for _, properties in some:
            left_out.update(f"property {name}" for name in properties if name not in schema.names)
        yield _batch(some, schema, left_out)


def _batch(rows: list[Row], schema: pa.Schema, left_out: Counter[str]) -> Batch:
    try:
        return _table(rows, schema)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        fitting = [row for row in rows if _fits(row, schema, left_out)]
        return _table(fitting, schema)


def _table(rows: list[Row], schema: pa.Schema) -> Batch:
    columns = [pa.array([one.get(field.name) for _, one in rows], field.type) for field in schema]
    return Batch(pa.array([wkb for wkb, _ in rows], pa.binary()), pa.Table.from_arrays(columns, schema=schema))


def _fits(row: Row, schema: pa.Schema, left_out: Counter[str]) -> bool:
    try:
        _table([row], schema)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        left_out[f"a row does not fit: {error}"[:120]] += 1
        return False
    return True
