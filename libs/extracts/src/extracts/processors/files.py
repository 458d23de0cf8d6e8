"""Processors whose sources are rasters and vector files."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from extracts.addresses import is_remote
from extracts.estimate import RasterEstimate, VectorEstimate, estimate_raster, estimate_vector
from extracts.processors.base import Inputs, Part, Processor, Progress
from extracts.processors.details import raster_details, vector_details
from extracts.processors.request import Options, Request
from extracts.raster import RasterFormat, cut_raster
from extracts.sources import check_raster
from extracts.vector import VectorFormat, cut_vector


@dataclass(frozen=True, kw_only=True)
class FileProcessor(Processor):
    """Cuts every source on its own: rasters by `raster`, other files by `vector`.

    A request for another format or for another outside changes both.
    """

    raster: RasterFormat = field(default=RasterFormat())
    vector: VectorFormat = field(default=VectorFormat(cut_column=None))

    def make(self, part: Part, request: Request, inputs: Inputs, target: Path, progress: Progress) -> dict[str, Any]:
        source = inputs.of(part)
        if _is_raster(part):
            self._check_remote(part, source)
            chosen = raster_format(self.raster, request.options)
            return raster_details(cut_raster(source, request.outline, target, chosen, progress=progress))
        chosen = vector_format(self.vector, request)
        return vector_details(cut_vector(source, request.outline, target, chosen, progress=progress))

    @staticmethod
    def _check_remote(part: Part, source: Path | str) -> None:
        """Files in the cache were checked there."""
        if part.source and is_remote(source):
            check_raster(source, part.source.expected)

    def estimate(self, part: Part, request: Request, inputs: Inputs) -> RasterEstimate | VectorEstimate:
        source = inputs.of(part)
        return (
            estimate_raster(source, request.outline) if _is_raster(part) else estimate_vector(source, request.outline)
        )


def raster_format(own: RasterFormat, options: Options) -> RasterFormat:
    outside: dict[str, Literal["keep", "empty"]] = {"keep": "keep", "cut": "empty"}
    return replace(own, driver=options.raster, outside=outside.get(options.outside or "", own.outside))


def vector_format(own: VectorFormat, request: Request) -> VectorFormat:
    """Features that may be cut say whether they were; whole ones need no column for it."""
    modes: dict[str, Literal["filter", "clip"]] = {"keep": "filter", "cut": "clip"}
    mode = modes.get(request.options.outside or "", own.mode)
    column, layer = "cut" if mode == "clip" else None, own.layer.format(boundary=request.boundary)
    return replace(own, driver=request.options.vector, mode=mode, cut_column=column, layer=layer)


def _is_raster(part: Part) -> bool:
    return part.source is not None and part.source.kind == "raster"
