"""A model's output, feature by feature: however large it is, one at a time is in memory."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import ijson

from prediction.results.domain import Contradiction
from prediction.results.values import floats

EVERY = 1000


def features(raw: Path, on_bytes: Callable[[int, int], None]) -> Iterator[Any]:
    """Those of a GeoJSON FeatureCollection, as they stand there. Contradiction when the file is none.

    `on_bytes(done, total)` is called now and then. The parser gives numbers as decimals: asked for floating-point
    numbers, it refuses whole numbers beyond 64 bits.
    """
    size = raw.stat().st_size
    with raw.open("rb") as source:
        try:
            _check(source)
            for number, feature in enumerate(ijson.items(source, "features.item")):
                if number % EVERY == 0:
                    on_bytes(source.tell(), size)
                yield floats(feature)
        except ijson.JSONError as problem:
            raise Contradiction("The model's output is no GeoJSON FeatureCollection.") from problem


def _check(source: BinaryIO) -> None:
    """Leaves the file at its beginning."""
    if next(ijson.items(source, "type"), None) != "FeatureCollection":
        raise Contradiction("The model's output is no GeoJSON FeatureCollection.")
    source.seek(0)
    first = next((event for prefix, event, _ in ijson.parse(source) if prefix == "features"), None)
    if first != "start_array":
        raise Contradiction("The model's output has no list of features.")
    source.seek(0)
