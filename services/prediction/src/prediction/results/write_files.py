"""The files of a result. Runs in a child process: parsing, GDAL and tippecanoe are CPU work."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import shapely

from contracts.shared import Outcome
from kit.vector_tiles import Caption, write_pmtiles
from osm.overlap import MappedFeatures
from osm.raw_data import features_of
from pipelines.process_usage import ProcessUsage, own_usage
from prediction.results.columns import Columns, Table
from prediction.results.domain import check
from prediction.results.formats import LAYER, Lines, write_fgb
from prediction.results.osm import keys
from prediction.results.progress_file import ProgressFile
from prediction.results.read import features
from prediction.results.selection import Selection

BATCH_SIZE = 500
"""Features in memory at a time."""


@dataclass(frozen=True)
class ExpectedOutput:
    """What the model's item says of its output."""

    keywords: list[str]
    properties: list[dict[str, Any]]


@dataclass(frozen=True)
class Task:
    """`raw` is the output of the pipeline; files are written beside it. `area` in EPSG:4326. `mapped`: an archive of
    OpenStreetMap features, None where they do not matter. `zooms` of the tiles: least and most."""

    raw: Path
    promise: ExpectedOutput
    area: shapely.Geometry
    mapped: bytes | None
    zooms: tuple[int, int]
    caption: Caption


@dataclass(frozen=True)
class WrittenFiles:
    outcome: Outcome
    files: list[Path]
    """GeoJSON, FlatGeobuf, middles, what OpenStreetMap has where that was asked for, PMTiles where there is something
    to show."""
    usage: ProcessUsage
    """Of the process that wrote them."""


def write_files(task: Task, progress_file: ProgressFile) -> WrittenFiles:
    """Raises Contradiction, and BadSnapshot for a broken archive. What is on the map already goes into a file of its
    own."""
    outcome, table, files = _write(task, progress_file)
    geojson = files[0]
    files.insert(1, write_fgb(geojson, geojson.with_suffix(".fgb"), table))
    progress_file.write(0.4)
    if outcome.done:
        tiles = geojson.with_suffix(".pmtiles")
        files.append(
            write_pmtiles(tiles, {LAYER: geojson}, task.zooms, task.caption, progress_file.part(0.4, 1.0).write)
        )
    return WrittenFiles(outcome, files, own_usage())


def _write(task: Task, progress_file: ProgressFile) -> tuple[Outcome, Table, list[Path]]:
    """What became of the features, their columns, and the files: the features, their middles and, where OpenStreetMap
    matters, those that it has already."""
    known = None if task.mapped is None else MappedFeatures(features_of(task.mapped), keys(task.promise.keywords))
    selection, columns = Selection(task.area, known), Columns()
    with ExitStack() as files:
        fresh, points, *removed = (files.enter_context(Lines(task.raw.with_name(name))) for name in _names(task))
        for batch in _batches(enumerate(_checked(task, progress_file.part(0.0, 0.3)))):
            new, old = selection.split(batch)
            fresh.write(new)
            points.write(_centroids(new))
            for lines in removed:
                lines.write(old)
            for feature in new:
                columns.see(feature["properties"])
    table = columns.table()
    return selection.tally.outcome(table.renamed()), table, [lines.path for lines in (fresh, points, *removed)]


def _names(task: Task) -> list[str]:
    always = ["predictions.geojson", "predictions_points.geojson"]
    return always if task.mapped is None else [*always, "removed_osm.geojson"]


def _checked(task: Task, reading: ProgressFile) -> Iterator[Any]:
    for number, feature in enumerate(features(task.raw, lambda done, size: reading.write(done / size))):
        yield check(number, feature, task.promise.keywords, task.promise.properties)


def _centroids(batch: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What maps show from afar."""
    shapes = shapely.from_geojson([orjson.dumps(feature["geometry"]) for feature in batch])
    places = shapely.get_coordinates(shapely.centroid(shapes)).tolist()
    return [
        {**feature, "geometry": {"type": "Point", "coordinates": place}}
        for feature, place in zip(batch, places, strict=True)
    ]


def _batches(all_of_them: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(all_of_them)
    while batch := list(islice(rest, BATCH_SIZE)):
        yield batch
