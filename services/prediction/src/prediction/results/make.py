"""The files of a result. Runs in a child process: parsing, GDAL and tippecanoe are CPU work."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import shapely

from imagery import OnMap
from imagery.rawdata import features_of
from prediction.results.domain import check
from prediction.results.formats import Lines, write_fgb, write_pmtiles
from prediction.results.read import features
from prediction.results.share import Share

PORTION = 1000
"""Features in memory at a time."""


@dataclass(frozen=True)
class Promise:
    """What the model's item says of its output."""

    keywords: list[str]
    properties: list[dict[str, Any]]


@dataclass(frozen=True)
class Made:
    feature_count: int
    files: list[Path]
    """GeoJSON, FlatGeobuf, middles, what OpenStreetMap has where that was asked for, PMTiles where there is something
    to show."""


def make(raw: Path, promise: Promise, zooms: tuple[int, int], mapped: bytes | None, share: Share) -> Made:
    """Written beside `raw`, the output of the pipeline. Raises Contradiction, and BadSnapshot for a broken archive.

    With `mapped`, an archive of OpenStreetMap features, what is on the map already goes into a file of its own.
    """
    count, files = _write(raw, promise, mapped, share)
    geojson = files[0]
    files.insert(1, write_fgb(geojson, geojson.with_suffix(".fgb"), bool(count)))
    share.tell(0.4)
    if count:
        files.append(write_pmtiles(geojson, geojson.with_suffix(".pmtiles"), zooms, share.part(0.4, 1.0)))
    return Made(count, files)


def _write(raw: Path, promise: Promise, mapped: bytes | None, share: Share) -> tuple[int, list[Path]]:
    """How many features there are, their GeoJSON file, that of their middles and, with `mapped`, that of those already
    known."""
    known = None if mapped is None else OnMap(features_of(mapped))
    reading = share.part(0.0, 0.3)
    checked = (
        check(number, feature, promise.keywords, promise.properties)
        for number, feature in enumerate(features(raw, lambda done, size: reading.tell(done / size)))
    )
    with ExitStack() as files:
        fresh = files.enter_context(Lines(raw.with_name("predictions.geojson")))
        points = files.enter_context(Lines(raw.with_name("predictions_points.geojson")))
        removed = known and files.enter_context(Lines(raw.with_name("removed_osm.geojson")))
        for portion in _portions(checked):
            new, old = known.parted(portion) if known else (portion, [])
            fresh.write(new)
            points.write(_middles(new))
            if removed:
                removed.write(old)
    return fresh.count, [fresh.path, points.path, *([removed.path] if removed else [])]


def _middles(portion: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What maps show from afar."""
    shapes = shapely.from_geojson([orjson.dumps(feature["geometry"]) for feature in portion])
    places = shapely.get_coordinates(shapely.centroid(shapes)).tolist()
    return [
        {**feature, "geometry": {"type": "Point", "coordinates": place}}
        for feature, place in zip(portion, places, strict=True)
    ]


def _portions(all_of_them: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(all_of_them)
    while portion := list(islice(rest, PORTION)):
        yield portion
