"""Processors whose source is a table: points of a CSV file, or rows of a database."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import shapely

from extracts.errors import SourceInvalid, SourceNotAvailable
from extracts.estimate import VectorEstimate, estimate_layer
from extracts.processors.base import Inputs, Part, Processor, Progress, TableRows
from extracts.processors.details import vector_details
from extracts.processors.files import vector_format
from extracts.processors.request import Request
from extracts.vector import Layer, VectorFormat, cut_layer, layer_of_rows, open_points
from extracts.vector.rows import Row

MAX_FIELD = 1 << 26
"""Bytes of a geometry in a CSV file."""


@dataclass(frozen=True, kw_only=True)
class PointsProcessor(Processor):
    """Points whose positions stand in two columns of a CSV file. `types`: of columns; others are text."""

    longitude: str
    latitude: str
    types: Mapping[str, pa.DataType]
    vector: VectorFormat = field(default=VectorFormat(cut_column=None))

    def make(self, part: Part, request: Request, inputs: Inputs, target: Path, progress: Progress) -> dict[str, Any]:
        with open_points(Path(inputs.of(part)), self.longitude, self.latitude, self.types) as layer:
            chosen = vector_format(self.vector, request)
            return vector_details(cut_layer(layer, request.outline, target, chosen, progress))

    def estimate(self, part: Part, request: Request, inputs: Inputs) -> VectorEstimate:
        with open_points(Path(inputs.of(part)), self.longitude, self.latitude, self.types) as layer:
            return estimate_layer(layer, request.outline)


@dataclass(frozen=True, kw_only=True)
class RowsProcessor(Processor):
    """Rows `geom, properties` of a table in PostGIS, or of a CSV copy of it in the cache of sources.

    The table has the name of the source's file without its ending. `schema`: the columns that properties become.
    """

    schema: pa.Schema
    vector: VectorFormat = field(default=VectorFormat(mode="clip"))

    def make(self, part: Part, request: Request, inputs: Inputs, target: Path, progress: Progress) -> dict[str, Any]:
        chosen = vector_format(self.vector, request)
        return vector_details(cut_layer(self._layer(part, request, inputs), request.outline, target, chosen, progress))

    def estimate(self, part: Part, request: Request, inputs: Inputs) -> VectorEstimate:
        return estimate_layer(self._layer(part, request, inputs), request.outline)

    def _layer(self, part: Part, request: Request, inputs: Inputs) -> Layer:
        found = _rows(part, request, inputs)
        kinds = self.vector.kinds or ()
        kind = next(iter(kinds)) if len(kinds) == 1 else "Unknown"
        return layer_of_rows(found.rows, self.schema, part.output.partition(".")[0], kind, found.total)


def _rows(part: Part, request: Request, inputs: Inputs) -> TableRows:
    if part.source is None:
        raise SourceNotAvailable("source_missing", f"{part.output} has no source.")
    if inputs.tables:
        return inputs.tables(part.source.stem, request.outline.boxes)
    return csv_rows(Path(inputs.of(part)))


def csv_rows(path: Path) -> TableRows:
    """Of a `COPY … (FORMAT csv, HEADER)`: geometries as hexadecimal EWKB in EPSG:4326, properties as JSON."""
    return TableRows(_read_rows(path), sum(1 for _ in _records(path)))


def _read_rows(path: Path) -> Iterator[Row]:
    for record in _records(path):
        try:
            shape = shapely.from_wkb(record["geom"]) if record["geom"] else None
            yield (None if shape is None else shapely.to_wkb(shape)), json.loads(record["properties"] or "{}")
        except (shapely.errors.ShapelyError, ValueError, KeyError) as error:
            raise SourceInvalid("source_unreadable", f"{path.name} has a row that cannot be read: {error}") from error


def _records(path: Path) -> Iterator[dict[str, str]]:
    csv.field_size_limit(MAX_FIELD)
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if not {"geom", "properties"} <= set(reader.fieldnames or ()):
            raise SourceInvalid("source_columns", f"{path.name} lacks the columns geom and properties.")
        yield from reader
