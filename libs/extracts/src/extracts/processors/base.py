"""The contract of a processor: which files it makes, how it makes one of them, and how it estimates one."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from extracts.digests import FileDigest
from extracts.errors import SourceNotAvailable
from extracts.estimate import RasterEstimate, VectorEstimate
from extracts.names import output_name
from extracts.outline import Box
from extracts.processors.request import Options, Request
from extracts.processors.source_files import Source
from extracts.processors.steps import Steps
from extracts.vector.formats import EXTENSIONS
from extracts.vector.rows import Row

Progress = Callable[[float], None]
"""Takes the fraction that is done of one file. It may raise to stop the work."""


@dataclass(frozen=True)
class Part:
    """One output file, made on its own by any worker. Can be pickled; `number` is its position in the package."""

    number: int
    output: str
    driver: str
    source: Source | None


@dataclass(frozen=True)
class MadeFile:
    """A finished part. `details`: the window of a raster, or counts of features with what was left out and why."""

    number: int
    output: str
    driver: str
    digest: FileDigest
    details: Mapping[str, Any]


@dataclass(frozen=True)
class TableRows:
    """`total`: of `rows`, where it is known."""

    rows: Iterable[Row]
    total: int | None = None


class Tables(Protocol):
    """Port of the database that `pg_table` sources lie in."""

    def __call__(self, table: str, boxes: list[Box]) -> TableRows:
        """At least the rows that touch one of the boxes, each once, in an order that does not change."""
        ...


@dataclass(frozen=True)
class Inputs:
    """`files`: paths, or addresses of what is read in place, by names of sources."""

    files: Mapping[str, Path | str]
    tables: Tables | None = None

    def of(self, part: Part) -> Path | str:
        """SourceNotAvailable when the part's source is not there."""
        if part.source is None or part.source.name not in self.files:
            name = part.source.file_name if part.source else part.output
            raise SourceNotAvailable("source_missing", f"{name} is not there.")
        return self.files[part.source.name]


@dataclass(frozen=True, kw_only=True)
class Processor(ABC):
    """`several`: its files carry the stems of their sources in their names, however many there are.

    `crop_key`: the step that its log says besides those of every processor.
    """

    sources: tuple[Source, ...] = ()
    several: bool = False
    steps: Steps = field(default=Steps())
    crop_key: str = ""
    has_pages: bool = True

    @property
    def formats(self) -> tuple[str, ...]:
        """As the list of processors names them."""
        kinds = {source.kind for source in self.sources}
        names = {"Geopackage": bool(kinds - {"raster"}), "GeoTIFF": "raster" in kinds}
        return tuple(name for name, has in names.items() if has)

    def parts(self, dataset: str, version: str, request: Request, sources: tuple[Source, ...]) -> list[Part]:
        """One for each source; `sources` are the built-in ones or those that a catalogue has instead."""
        parts = []
        for number, source in enumerate(sources):
            driver = driver_of(source, request.options)
            extension = "tif" if source.kind == "raster" else EXTENSIONS[driver]  # type: ignore[index]
            stem = source.stem if self.several else None
            output = output_name(dataset, version, request.boundary, extension, stem)
            parts.append(Part(number, output, driver, source))
        return parts

    @abstractmethod
    def make(self, part: Part, request: Request, inputs: Inputs, target: Path, progress: Progress) -> dict[str, Any]:
        """Writes `target`, which is complete or not there; returns details. Raises ExtractError."""

    @abstractmethod
    def estimate(self, part: Part, request: Request, inputs: Inputs) -> RasterEstimate | VectorEstimate:
        """What `make` would give, in seconds and without writing. NoOverlap as `make` would say it."""


def driver_of(source: Source, options: Options) -> str:
    return options.raster if source.kind == "raster" else options.vector
